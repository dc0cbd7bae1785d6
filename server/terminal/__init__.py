"""TYPES for one person in a terminal or a pipe: lines in, messages out, an outbox on disk."""
