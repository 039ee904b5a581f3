"""The pure core: no input or output, clock, randomness or environment; they come in as arguments."""
