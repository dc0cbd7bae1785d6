"""JUDGES: requests in, records out, verdicts back, over one replica and one state (pure)."""
