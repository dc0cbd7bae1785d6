"""Tests: a folder a room, a file a file; what belongs to no room lies here."""
