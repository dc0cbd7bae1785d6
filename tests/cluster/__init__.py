"""Tests of what links the two servers: data folders, pairing, the peer link."""
