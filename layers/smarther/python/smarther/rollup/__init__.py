"""From readings to hourly and daily statistics."""
