"""`smarther`, the owner's command line: what a person does with a deployed stack, and what they want to know of it."""
