"""Tests of the commands, as functions and as processes."""
