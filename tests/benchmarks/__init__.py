"""Tests of the benchmarks: that they measure what they say, not what comes out."""
