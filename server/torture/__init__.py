"""BREAKS a pair on purpose, under load, and counts what came of it: faults, history, checkers."""
