"""Clients of AWS services. Nothing in here knows about heating."""
