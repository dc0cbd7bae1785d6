"""Tests of the client conversation."""
