"""What a retired server brings: told what is here, asked of the engine, and nothing else is taken."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from server.archive.record import Draft, Epoch, Origin, Span, epoch_draft
from server.cluster.inheritance import Inheritance
from server.cluster.peer_channel import PeerChannel
from server.cluster.peer_frames import HandedOver, HandOver, Known, PeerMessage
from server.engine.round import Answer
from server.protocol.errors import Refusal, RemoteProtocolError
from server.sessions.facts import PeerOnline
from server.sessions.hub import Hub

A1, A2 = Epoch(1, "a", "1"), Epoch(2, "a", "2")
ORIGIN = Origin(Epoch(1, "b", "1"), 7)


class Stage:
    """A hub that keeps what it is asked, and a channel that keeps what is said."""

    def __init__(self) -> None:
        self.asked: list[tuple[Draft, Callable[[Answer], None]]] = []
        self.said: list[PeerMessage] = []
        self.flushes = 0
        spans = [Span(A1, 1, ("a",)), Span(A2, 9, ("a",))]
        hub: Any = SimpleNamespace(
            state=SimpleNamespace(spans=spans),
            delivery=SimpleNamespace(position=SimpleNamespace(index=8)),
            copies_index=7,
            ask=lambda draft, answered: self.asked.append((draft, answered)),
            flush_all=self._flush,
        )
        self.inheritance = Inheritance(cast(Hub, hub))
        self.channel = cast(PeerChannel, SimpleNamespace(send=self.said.append))

    def _flush(self) -> None:
        self.flushes += 1


def draft(counter: int, origin: Origin | None = ORIGIN) -> Draft:
    return Draft("message", "d", counter, 0, b"text", origin)


def test_it_is_told_what_is_committed_here_and_nothing_more() -> None:
    stage = Stage()
    stage.inheritance.begin(stage.channel)
    assert stage.said == [Known((Span(A1, 1, ("a",)),), 8, 7)]
    # And again whenever it asks how far that is on both disks.
    stage.inheritance.take(stage.channel, HandOver(()))
    assert stage.said[1:] == stage.said[:1]


def test_each_request_is_asked_for_in_order_and_its_answer_goes_back() -> None:
    stage = Stage()
    stage.inheritance.take(stage.channel, HandOver((draft(1), draft(2))))
    assert [asked.counter for asked, _ in stage.asked] == [1, 2]
    assert stage.flushes == 1
    stage.asked[0][1](Answer(1, "d", 1, index=9, copies=1))
    stage.asked[1][1](Answer(2, "d", 2, refusal=Refusal("unknown")))
    assert stage.said == [HandedOver("d", 1, 9, ""), HandedOver("d", 2, 0, "unknown")]


@pytest.mark.parametrize(
    "message",
    [
        HandOver((draft(1), draft(2, origin=None))),
        HandOver((epoch_draft(A2, ("b",), 0),)),
        HandOver((Draft("epoch", "d", 1, 0, b"", ORIGIN),)),
        PeerOnline(("u",)),
    ],
)
def test_nothing_is_taken_but_requests_that_stood_in_its_log(message: PeerMessage) -> None:
    stage = Stage()
    with pytest.raises(RemoteProtocolError):
        stage.inheritance.take(stage.channel, message)
    assert stage.asked == []
