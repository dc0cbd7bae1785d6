"""Fixtures of the command tests: people on real connections, and pairs for them."""

from tests.end_to_end.conftest import make_pair, pair, people, steady

__all__ = ["make_pair", "pair", "people", "steady"]
