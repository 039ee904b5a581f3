"""The simulated homes: rooms that warm and cool, thermostats that report, people who interfere. Pure, seeded."""
