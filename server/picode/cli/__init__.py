"""The command line: thin shells around what the rest of the program does."""
