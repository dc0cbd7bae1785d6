"""Tests of the preferences."""
