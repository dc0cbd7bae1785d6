"""UNDERSTANDS what the archive means: the fold, and what verdicts need to know (pure)."""
