"""What a run of the keeper observes, remembers and reports."""
