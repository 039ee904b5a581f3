"""From the table's stream to the bus: each stored reading, what changed with it, and what the keeper found."""
