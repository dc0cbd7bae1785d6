"""The probe of the side that does not dial: it knocks, and leaves nothing behind."""

import asyncio
import gc
import logging
import os
import socket
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from server.cluster import absence, peer_link
from server.cluster.inheritance import Inheritance
from server.cluster.peer_channel import PeerIdentity
from server.cluster.peer_link import PeerLink
from server.engine.round import EngineInput
from server.names.addresses import Address
from server.network.errors import DialCode
from server.network.loop_thread import LoopThread
from server.replication import steps
from tests.waiting import DEADLINE_S, wait_until


def link_to(port: int, put: Callable[[EngineInput], None] = lambda _: None) -> PeerLink:
    return PeerLink(
        PeerIdentity("cluster", server="b", peer="a", secret=b"secret"),
        Address("127.0.0.1", port),
        None,
        put=put,
        linked=lambda: None,
        hear=lambda _: None,
        foreign=lambda _cluster, _server: None,
        copied=lambda: None,
        retired=lambda: None,
        inheritance=cast(Inheritance, None),
    )


async def knock_often(link: PeerLink, times: int) -> list[int]:
    """Knock, and give the files that were open and are not any more, though nobody closed them."""
    gone = []
    for _ in range(times):
        assert await link._probe() is None
        # The connection ends, and a new file gets its number; whoever closes that one errs.
        await asyncio.sleep(0)
        files = os.pipe()
        gc.collect()
        await asyncio.sleep(0)
        for file in files:
            try:
                os.close(file)
            except OSError:
                gone.append(file)
    return gone


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    """A running loop."""
    thread = LoopThread("test-probe")
    thread.start()
    yield thread
    thread.stop()


def test_a_knock_closes_its_own_file_once_and_no_other(thread: LoopThread) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        link = link_to(listening.getsockname()[1])
        gone = thread.run_sync(knock_often(link, 20), DEADLINE_S)
    assert not gone


def test_a_closed_door_is_told_as_refused(thread: LoopThread) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    error = thread.run_sync(link_to(port)._probe(), DEADLINE_S)
    assert error is not None
    assert error.code is DialCode.REFUSED


@pytest.mark.parametrize(("after_s", "told"), [(0.0, 1), (3600.0, 0)])
def test_people_are_told_once_of_a_server_that_stays_away_and_not_of_one_that_just_starts(
    thread: LoopThread,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    after_s: float,
    told: int,
) -> None:
    monkeypatch.setattr(absence, "TELL_AFTER_S", after_s)
    monkeypatch.setattr(peer_link, "_CAP_S", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    heard: list[EngineInput] = []
    link = link_to(port, heard.append)
    thread.call(link.start)
    try:
        wait_until(lambda: len(heard) > 10, what="refusals")
    finally:
        thread.run_sync(link.stop(), DEADLINE_S)
    assert set(heard) == {steps.PeerRefused()}
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == told
