"""FINDS servers: addresses as people write them, invite links, and the local network."""
