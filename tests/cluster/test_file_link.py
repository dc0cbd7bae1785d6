"""The link for files: whoever waits for a copy, and when one is needed."""

import asyncio
import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from server.cluster.file_link import FileLink
from server.sessions.file_store import Key

KEY: Key = ("anna", "0" * 64)
ONCE_S = 1_000_000.0


def test_nobody_waits_for_a_copy_at_a_server_that_was_replaced() -> None:
    # Found by the simulator (seed 90000480).
    async def script() -> None:
        ends: dict[str, Any] = {
            "identity": SimpleNamespace(server="a", peer="b"),
            "hub": SimpleNamespace(mode="waiting", now=asyncio.get_running_loop().time),
            "files": None,
            "address": None,
        }
        link = FileLink(**ends, terms=None, is_strict=True)
        waiting = asyncio.get_running_loop().create_task(link.copied(KEY, 3, ONCE_S))
        await asyncio.wait([waiting], timeout=0)
        assert not waiting.done()
        await link.stop()
        async with asyncio.timeout(20):
            assert not await waiting

    asyncio.run(script())


@pytest.mark.parametrize(
    ("mode", "is_strict", "is_alone_enough"),
    [("solo", False, True), ("waiting", False, True), ("dual", False, False), ("waiting", True, False)],
)
def test_without_the_other_server_a_file_is_enough_only_where_a_message_is(
    mode: str, *, is_strict: bool, is_alone_enough: bool
) -> None:
    ends: dict[str, Any] = {
        "identity": SimpleNamespace(server="a", peer="b"),
        "hub": SimpleNamespace(mode=mode, now=itertools.count().__next__),
        "files": None,
        "address": None,
    }
    link = FileLink(**ends, terms=None, is_strict=is_strict)
    assert asyncio.run(link.copied(KEY, 5, 0.5)) == is_alone_enough
