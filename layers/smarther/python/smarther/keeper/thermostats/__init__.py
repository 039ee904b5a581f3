"""What the keeper asks of thermostats: their status when pushes are missing, and the names of their programs."""
