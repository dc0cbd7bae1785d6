"""Tests of server/names."""
