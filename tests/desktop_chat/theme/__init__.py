"""Tests of theme and fonts."""
