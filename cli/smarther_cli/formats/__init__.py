"""The forms that readings are exported in."""
