"""Years of the recorder's life on one simulated clock."""
