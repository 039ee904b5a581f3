"""Summaries of readings: statistics of hours and days, and the series that charts show."""
