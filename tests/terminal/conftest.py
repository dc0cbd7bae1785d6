"""A room with scripted servers, and terminals in front of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.network.loop_thread import LoopThread
from tests.terminal.terminals import Room


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    """A running loop."""
    thread = LoopThread("test-terminal")
    thread.start()
    yield thread
    thread.stop()


@pytest.fixture
def room(thread: LoopThread, tmp_path: Path) -> Iterator[Room]:
    """Plain servers."""
    room = Room(thread, tmp_path)
    yield room
    room.close()
