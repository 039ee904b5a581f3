"""The readings themselves: shown, written to files, drawn."""
