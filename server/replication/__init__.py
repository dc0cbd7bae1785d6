"""AGREES on one log between two servers: roles, commit, failover, rejoining (pure)."""
