"""Tests of the window's program."""
