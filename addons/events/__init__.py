"""The add-on that tells on an event bus what the core has stored."""
