"""STARTS things from the command line: one file a command."""
