"""Tests on real windows, on a display of their own."""
