"""How AWS is called. Knows nothing of heating."""
