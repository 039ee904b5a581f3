"""Readings that were stored, read back: what thermostats said (`history`), and their whole items (`rows`)."""
