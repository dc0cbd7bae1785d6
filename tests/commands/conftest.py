"""Fixtures of the command tests: people on real connections."""

from tests.end_to_end.conftest import people

__all__ = ["people"]
