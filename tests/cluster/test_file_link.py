"""The link for files: whoever waits for a copy."""

import asyncio
from types import SimpleNamespace
from typing import Any

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
