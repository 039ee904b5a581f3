"""Programs that look at the recorder from outside: how fast, how dear, for how long. None of them is a test."""
