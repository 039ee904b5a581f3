"""The widget: from the console's event to a page."""
