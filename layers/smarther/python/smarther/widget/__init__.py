"""From the console's event to a page."""
