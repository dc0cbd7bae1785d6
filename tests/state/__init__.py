"""Tests of the state: what the archive means, one verdict a record."""
