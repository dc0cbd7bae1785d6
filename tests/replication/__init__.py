"""Tests of the pair's core, step by step; the simulator next door tries what nobody thought of."""
