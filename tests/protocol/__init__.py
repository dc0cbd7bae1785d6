"""Tests of the words of the wire: frames, requests, names, and both ends of a connection."""
