"""The whole of the stand-in without HTTP."""
