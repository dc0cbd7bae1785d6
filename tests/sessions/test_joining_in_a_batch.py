"""Somebody joins a room while others write: nothing due is left out, nothing older of the room comes."""

import msgspec
import pytest

from server.archive.record import Draft, Epoch, epoch_draft, make_records
from server.engine.round import Position, Published
from server.sessions.delivery import Delivery
from server.sessions.reader import Reader
from server.state.bodies import DeviceBody, MemberBody, MessageBody, RoomBody
from server.state.fold import fold
from server.state.state import GENERAL, State

EPOCH = Epoch(1, "a", "0")
ANNA, BEN = "a" * 32, "b" * 32


class Sink:
    """An outlet that keeps what it was given, and takes nothing while it is paused."""

    def __init__(self) -> None:
        self.is_paused = False
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def texts(self) -> list[str]:
        events = [msgspec.json.decode(line) for line in self.written.splitlines()]
        return [row[-1] for event in events if event["event"] == "messages" for row in event["rows"]]


class Chat:
    """A state, its log's end, and the delivery under test."""

    def __init__(self) -> None:
        self.state = State()
        self.counter = 0
        self.published: list[Published] = []
        self.fold(epoch_draft(EPOCH, ("a",), 1))
        for device, name in ((ANNA, "anna"), (BEN, "ben")):
            self.fold(self.draft("device", device, DeviceBody(name, name, b"")))
        self.fold(self.draft("room", BEN, RoomBody("tea", "tea")))
        self.delivery = Delivery(
            self.position(),
            state=lambda: self.state,
            read_store=lambda audiences, cursor, last: (b"", last),
            durable_end=lambda: 0,
            is_leader=lambda: True,
            now=lambda: 0.0,
        )
        self.published = []

    def draft(self, kind: str, device: str, body: msgspec.Struct) -> Draft:
        self.counter += 1
        return Draft(kind, device, self.counter, 1, msgspec.msgpack.encode(body))

    def fold(self, draft: Draft) -> None:
        (record,) = make_records([draft], EPOCH, self.state.index, self.state.hash)
        told = fold(self.state, record).told
        if told is not None:
            self.published.append(Published(record, told))

    def position(self) -> Position:
        return Position(self.state.index, str(EPOCH), self.state.number)

    def say(self, room: str, text: str) -> None:
        self.fold(self.draft("message", BEN, MessageBody(room, text)))

    def publish(self) -> None:
        published, self.published = self.published, []
        self.delivery.publish(published, self.position())


@pytest.mark.parametrize("is_paused", [False, True], ids=["up to date", "slow"])
def test_a_join_takes_away_nothing_of_its_batch_and_brings_nothing_older(is_paused: bool) -> None:
    chat, sink = Chat(), Sink()
    anna = Reader(sink, "anna", [GENERAL], chat.state.index)
    chat.delivery.attach(anna)
    sink.is_paused = is_paused
    chat.say(GENERAL, "in the batch before")
    chat.publish()
    chat.say(GENERAL, "before the join")
    chat.say("tea", "not for anna yet")
    chat.fold(chat.draft("member", ANNA, MemberBody("tea")))
    chat.say("tea", "for anna too")
    chat.publish()
    sink.is_paused = False
    chat.delivery.flush(anna)
    assert sink.texts() == ["in the batch before", "before the join", "for anna too"]
    assert chat.delivery.number_of(anna) == chat.state.number
