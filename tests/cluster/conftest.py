"""Fixtures of the cluster tests: a running loop."""

from collections.abc import Iterator

import pytest

from server.network.loop_thread import LoopThread


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    """An event loop in a thread of its own."""
    thread = LoopThread("test-loop")
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()
