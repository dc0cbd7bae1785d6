"""Tests of what serves clients: sessions, delivery, admission, status."""
