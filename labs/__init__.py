"""What is tried out beside the gate: programs that look for what the tests do not see."""
