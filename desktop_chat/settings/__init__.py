"""CHOOSES: what a person prefers, and the folders where a person's things are kept."""
