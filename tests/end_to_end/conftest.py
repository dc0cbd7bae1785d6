"""Pairs and people that are stopped at the end of each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair


@pytest.fixture
def people() -> Iterator[People]:
    """People on a loop of their own."""
    found = People()
    yield found
    found.stop()


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a busy machine delays is not taken for a silence: the servers of this test stay one pair."""
    for name in ("SILENCE_S", "CONFIRM_S"):
        monkeypatch.setenv(f"DESKTOP_CHAT_{name}", "30")


@pytest.fixture
def make_pair(tmp_path: Path) -> Iterator[Callable[..., RealPair]]:
    """Make and start a pair with these options."""
    made: list[RealPair] = []

    def make(*options: str) -> RealPair:
        pair = RealPair(tmp_path / f"pair{len(made)}", *options)
        made.append(pair)
        pair.start()
        return pair

    yield make
    for pair in made:
        pair.stop()


@pytest.fixture
def pair(make_pair: Callable[..., RealPair]) -> RealPair:
    """A running pair."""
    return make_pair()
