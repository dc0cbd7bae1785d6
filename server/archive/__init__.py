"""REMEMBERS the log: records with their hash chain, what goes into which transaction, the disk."""
