"""What a run of the keeper remembers and reports."""
