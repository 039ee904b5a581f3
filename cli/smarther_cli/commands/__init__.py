"""One module for each command, named as it is typed: of the recorder itself here, the others by what they handle."""
