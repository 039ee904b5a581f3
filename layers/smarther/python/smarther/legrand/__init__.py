"""Calls to Legrand, and to our own webhook as Legrand calls it."""
