"""Tests of the network thread."""
