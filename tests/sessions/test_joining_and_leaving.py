"""Somebody joins or leaves a room while others write: nothing due is left out, nothing else of it comes."""

import msgspec
import pytest

from server.archive.record import Draft, Epoch, epoch_draft, make_records
from server.engine.round import Position, Published
from server.sessions.delivery import Delivery
from server.sessions.reader import Reader
from server.state.bodies import DeviceBody, LeaveBody, MemberBody, MessageBody, RoomBody
from server.state.fold import fold
from server.state.state import GENERAL, State, restore

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


@pytest.mark.parametrize("is_paused", [False, True], ids=["up to date", "slow"])
def test_who_leaves_reads_nothing_of_what_comes_behind_and_all_else_that_is_due(is_paused: bool) -> None:
    chat, sink = Chat(), Sink()
    chat.fold(chat.draft("member", ANNA, MemberBody("tea")))
    anna = Reader(sink, "anna", [GENERAL, "tea"], chat.state.index)
    chat.published = []
    chat.delivery.position = chat.position()
    chat.delivery.attach(anna)
    sink.is_paused = is_paused
    chat.say("tea", "before")
    chat.say(GENERAL, "one")
    chat.fold(chat.draft("leave", ANNA, LeaveBody("tea")))
    chat.say("tea", "behind")
    chat.say(GENERAL, "two")
    chat.publish()
    chat.say("tea", "later")
    chat.publish()
    sink.is_paused = False
    chat.delivery.flush(anna)
    # A slow one may no longer read what it had not read when it left.
    assert sink.texts() == ["one", "two"] if is_paused else ["before", "one", "two"]
    left = [
        event
        for event in map(msgspec.json.decode, sink.written.splitlines())
        if event["event"] == "room_left"
    ]
    assert {event["user"] for event in left} == {"anna"}


def test_who_left_behind_a_cut_reads_the_room_again() -> None:
    chat, sink = Chat(), Sink()
    chat.fold(chat.draft("member", ANNA, MemberBody("tea")))
    anna = Reader(sink, "anna", [GENERAL, "tea"], chat.state.index)
    chat.published = []
    fork = chat.position()
    before = restore(chat.state.snapshot())
    chat.delivery.position = fork
    chat.delivery.attach(anna)
    chat.fold(chat.draft("leave", ANNA, LeaveBody("tea")))
    chat.publish()
    chat.say("tea", "not for her")
    chat.publish()
    chat.state, chat.published = before, []
    chat.delivery.publish([], fork)
    chat.say("tea", "for her again")
    chat.publish()
    assert sink.texts() == ["for her again"]
