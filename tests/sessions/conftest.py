"""Fixtures of the session tests: a loop, and a hub on it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.network.loop_thread import LoopThread
from tests.sessions.scene import Scene


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    """An event loop in a thread of its own."""
    thread = LoopThread("test-loop")
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


@pytest.fixture
def make_scene(loop: LoopThread, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """A hub with these settings."""
    made: list[Scene] = []

    def make(**settings: Any) -> Scene:
        made.append(Scene(loop, tmp_path, **settings))
        return made[-1]

    yield make
    for scene in made:
        scene.stop()


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A hub with nobody on it."""
    return make_scene()
