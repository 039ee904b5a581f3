"""From the table to the bucket: the readings of each day that is over, of each plant."""
