"""How Legrand is called, and how our own webhook is called as Legrand would."""
