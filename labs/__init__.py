"""Programs that measure the recorder from outside: its speed, cost and endurance. None of them is a test."""
