"""What a thermostat says, from the body of a notification to its latest reading."""
