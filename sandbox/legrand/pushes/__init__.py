"""From what thermostats do to the notifications that are sent."""
