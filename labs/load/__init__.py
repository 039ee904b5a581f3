"""Many thermostats at once, through the sandbox."""
