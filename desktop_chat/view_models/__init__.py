"""PHRASES: what is on the screen, as plain data; tested with no display."""
