"""The thermostats, as the keeper asks them: what they say while they are silent, and what their programs are called."""
