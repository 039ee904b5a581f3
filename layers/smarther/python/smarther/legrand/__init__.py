"""Calls to Legrand, and calls to our own webhook as Legrand makes them."""
