"""The receiver and the redriver: from the body of a notification to the table, or to the queue and the log."""
