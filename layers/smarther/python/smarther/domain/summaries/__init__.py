"""What readings become for a longer look: hours and days, and what is drawn of them."""
