"""The stand-in without HTTP."""
