"""The rollup: from readings to statistics of hours and days."""
