"""WIRES: makes the parts, gives events to the models and the models to the window."""
