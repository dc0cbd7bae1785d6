"""SERVES: the headless server: one log, everything else follows it."""
