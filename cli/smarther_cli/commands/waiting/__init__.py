"""Notifications that wait outside the table: shown, and taken into it."""
