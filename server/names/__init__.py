"""FINDS servers: addresses as people write them, and invite links (pure)."""
