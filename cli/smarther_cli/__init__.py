"""`smarther`, the owner's command line for a deployed stack."""
