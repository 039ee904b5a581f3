"""Smarther Recorder: readings that BTicino / Legrand Smarther thermostats push, kept for good."""
