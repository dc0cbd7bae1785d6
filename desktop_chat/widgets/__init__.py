"""DRAWS: the main window and its parts; widgets call back, and never touch a socket or the cache."""
