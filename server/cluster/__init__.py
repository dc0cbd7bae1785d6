"""LINKS the two servers: the peer link, pairing by a code, the data folder that knows both."""
