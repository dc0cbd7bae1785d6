"""What a client may do wrong, by theme, with the documented answer to each: `bad_inputs.py` is the list."""
