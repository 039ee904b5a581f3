"""The functions of the add-on, in one archive."""
