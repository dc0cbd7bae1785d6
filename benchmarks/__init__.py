"""MEASURES the servers beside others of their kind, both sides in one run: ratios, not figures."""
