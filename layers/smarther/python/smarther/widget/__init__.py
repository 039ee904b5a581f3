"""The widget: from an event of the CloudWatch console to a page."""
