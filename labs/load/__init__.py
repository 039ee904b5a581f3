"""A load test: many thermostats at once, through the sandbox."""
