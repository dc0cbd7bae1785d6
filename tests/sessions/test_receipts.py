"""Receipts: what clients say goes into the archive in one record, and comes to those who share a room."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import pytest

from server.archive.record import Draft
from server.protocol import events, limits, requests
from server.protocol.facts import MemberMark
from server.protocol.frames import encode_frame
from server.protocol.requests import Cursor
from server.sessions.cursors import cursor_at
from server.state.bodies import DeviceBody, MarksBody, MessageBody
from server.state.state import GENERAL
from tests.sessions.scene import Client, Scene, codes, packed
from tests.waiting import wait_until

E = TypeVar("E", bound=events.Event)


class Person:
    """A client that is signed in, and the marks that it says."""

    def __init__(self, scene: Scene, name: str, **fields: Any) -> None:
        self.scene = scene
        self.client = scene.client()
        found = self.client.sign_in(name, **fields)
        (self.facts,) = [event for event in found if isinstance(event, events.SignedIn)]
        self.user = self.facts.user
        self.since = self.facts.cursor.index

    def cursor(self) -> Cursor:
        return cursor_at(self.scene.state.index, self.scene.state.spans)

    def mark(self, read: int = 0, *, cursor: Cursor | None = None, since: int | None = None) -> None:
        """Say what is there, and read `general` up to an index."""
        request = self.client.request(
            requests.Mark,
            cursor=cursor or self.cursor(),
            since=self.since if since is None else since,
            read=[(GENERAL, read)] if read else [],
        )
        self.client.send(encode_frame(request))

    def told(self) -> dict[str, MemberMark]:
        """The marks that were told since the last look."""
        moved = [event for event in self.client.heard() if isinstance(event, events.ReceiptsMoved)]
        return {mark.user: mark for event in moved for mark in event.marks}


@pytest.fixture
def anna(scene: Scene) -> Person:
    return Person(scene, "Anna", cursor=Cursor("0.0.0", 0))


@pytest.fixture
def ben(scene: Scene, anna: Person) -> Person:
    return Person(scene, "Ben", cursor=Cursor("0.0.0", 0))


def write(scene: Scene, client: Client, counter: int) -> int:
    """A message of a client; the index at which it stands."""
    client.ask(requests.Send, counter=counter, room=GENERAL, text=f"message {counter}", time_ms=0)
    scene.commit()
    client.heard()
    return scene.state.index


def commit_marks(scene: Scene) -> None:
    """What was said is gathered and archived."""
    scene.clock.now_s += 1.0
    wait_until(lambda: scene.asked)
    assert [ask.draft.kind for ask in scene.asked] == ["marks"]
    scene.commit()


def test_who_shares_a_room_is_told_what_others_have_read(scene: Scene, anna: Person, ben: Person) -> None:
    first, second = write(scene, anna.client, 1), write(scene, anna.client, 2)
    ben.mark(read=first)
    commit_marks(scene)
    told = told_of(anna, ben.user, first)
    assert (told.delivered, told.read) == (second, first)
    assert told.joined < first
    ben.mark(read=second)
    commit_marks(scene)
    assert told_of(anna, ben.user, second).read == second


def test_the_marks_of_many_people_are_one_record(scene: Scene, anna: Person, ben: Person) -> None:
    write(scene, anna.client, 1)
    before = scene.state.index
    anna.mark(read=before)
    ben.mark(read=before)
    commit_marks(scene)
    assert scene.state.index == before + 1
    assert scene.state.marks.delivered == {anna.user: before, ben.user: before}


def test_there_is_one_record_of_marks_a_second_at_most(
    scene: Scene, anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write(scene, anna.client, 1), write(scene, anna.client, 2)
    ben.mark(read=first)
    commit_marks(scene)
    waits: list[float] = []
    later = scene.hub.call_later

    def call_later(delay_s: float, function: Callable[[], None]) -> None:
        waits.append(delay_s)
        later(0.0, function)

    monkeypatch.setattr(scene.hub, "call_later", call_later)
    scene.clock.now_s += 0.25
    ben.mark(read=second)
    wait_until(lambda: scene.asked)
    # What is left of the second.
    assert waits == [0.75]
    commit_marks(scene)
    assert scene.state.marks.of_member(GENERAL, ben.user).read == second


def test_a_mark_is_answered_when_it_is_archived(scene: Scene, anna: Person, ben: Person) -> None:
    write(scene, anna.client, 1)
    ben.mark()
    ben.client.heard()
    commit_marks(scene)
    assert [event for event in ben.client.heard() if isinstance(event, events.Noted)]


def test_what_says_nothing_new_costs_no_record(scene: Scene, anna: Person, ben: Person) -> None:
    index = write(scene, anna.client, 1)
    ben.mark(read=index)
    commit_marks(scene)
    ben.client.heard()
    cursor = cursor_at(index, scene.state.spans)
    ben.mark(read=index, cursor=cursor)
    scene.clock.now_s += 1.0
    wait_until(lambda: any(isinstance(event, events.Noted) for event in ben.client.heard()))
    assert not scene.asked


def test_one_at_a_time_for_each_device(anna: Person) -> None:
    anna.mark()
    anna.mark()
    assert codes(anna.client.heard()) == ["too_many_requests"]


def test_a_cursor_of_another_archive_counts_up_to_the_fork(scene: Scene, anna: Person, ben: Person) -> None:
    index = write(scene, anna.client, 1)
    here = cursor_at(index, scene.state.spans)
    other = Cursor("7.elsewhere.0", index + 50, trail=(requests.EpochEnd(here.epoch, index),))
    write(scene, anna.client, 2)
    ben.mark(read=index + 40, cursor=other)
    commit_marks(scene)
    assert scene.state.marks.delivered[ben.user] == index
    assert scene.state.marks.of_member(GENERAL, ben.user).read == index


def test_a_device_with_a_gap_claims_nothing_that_it_lacks(scene: Scene, anna: Person, ben: Person) -> None:
    before = scene.state.marks.delivered[ben.user]
    ben.client.close()
    write(scene, anna.client, 1)
    phone = Person(scene, "Ben")
    assert phone.since > before
    phone.mark()
    scene.clock.now_s += 1.0
    wait_until(lambda: any(isinstance(event, events.Noted) for event in phone.client.heard()))
    assert scene.state.marks.delivered[ben.user] == before


def test_a_new_device_may_begin_behind_what_the_others_have(scene: Scene, anna: Person, ben: Person) -> None:
    ben.client.close()
    index = write(scene, anna.client, 1)
    phone = scene.client()
    found = phone.sign_in("Ben", from_mark=True)
    (facts,) = [event for event in found if isinstance(event, events.SignedIn)]
    assert facts.cursor.index == facts.delivered == scene.state.marks.delivered[ben.user]
    rows = [row.index for event in found if isinstance(event, events.Messages) for row in event.rows]
    assert rows == [index]


def test_sign_in_says_what_is_read_and_where_the_room_ends(scene: Scene, anna: Person, ben: Person) -> None:
    first, second = write(scene, anna.client, 1), write(scene, anna.client, 2)
    ben.mark(read=first)
    commit_marks(scene)
    again = Person(scene, "Ben")
    assert [(room.read, room.last_message) for room in again.facts.rooms] == [(first, second)]


def test_counts_are_told_when_they_are_asked_for(scene: Scene, anna: Person, ben: Person) -> None:
    index = write(scene, anna.client, 1)
    asked = receipts_of(anna, index)
    assert (asked.members, asked.delivered, asked.read) == (1, 0, 0)
    ben.mark(read=index)
    commit_marks(scene)
    late = Person(scene, "Cleo")
    asked = receipts_of(anna, index)
    assert (asked.members, asked.delivered, asked.read) == (1, 1, 1), "Cleo came later: it was not for her"
    assert {mark.user for mark in asked.marks} == {anna.user, ben.user, late.user}


def test_only_members_ask(scene: Scene, anna: Person) -> None:
    assert codes(anna.client.ask(requests.Receipts, room="nowhere")) == ["unknown_room"]
    assert codes(anna.client.ask(requests.Typing, room="nowhere")) == ["unknown_room"]
    for counter, name in ((1, "garden"), (2, "house")):
        anna.client.ask(requests.CreateRoom, counter=counter, name=name)
    scene.commit()
    garden = next(room.id for room in scene.state.rooms.values() if room.name == "garden")
    ben = Person(scene, "Ben")
    assert codes(ben.client.ask(requests.Receipts, room=garden)) == ["not_a_member"]
    assert codes(ben.client.ask(requests.Typing, room=garden)) == ["not_a_member"]


def test_of_a_large_room_only_counts_are_told(
    scene: Scene, anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RECEIPTS_MEMBERS_MAX", 1)
    index = write(scene, anna.client, 1)
    ben.mark(read=index)
    commit_marks(scene)
    asked = receipts_of(anna, index)
    assert (asked.members, asked.delivered, asked.read, asked.marks) == (1, 1, 1, [])
    assert anna.told() == {}


def test_who_takes_nothing_hears_how_things_stand_afterwards(scene: Scene, anna: Person, ben: Person) -> None:
    index = write(scene, anna.client, 1)
    anna.client.channel.is_paused = True
    ben.mark(read=index)
    commit_marks(scene)
    wait_until(lambda: scene.do(lambda: scene.hub.receipts._owed))
    anna.client.channel.is_paused = False
    assert told_of(anna, ben.user, index).read == index


def test_who_takes_nothing_is_looked_at_once_a_second_however_much_is_told(
    scene: Scene, anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(scene, anna.client, 1)
    anna.client.channel.is_paused = True
    due: list[Callable[[], None]] = []
    monkeypatch.setattr(scene.hub, "call_later", lambda _delay_s, function: due.append(function))
    for _ in range(3):
        scene.do(lambda: scene.hub.receipts.raised([ben.user]))
        telling, due[:] = list(due), []
        for function in telling:
            scene.do(function)
    assert len(due) == 1
    anna.client.channel.is_paused = False
    scene.do(due.pop())
    assert ben.user in anna.told()
    assert not due


def test_unread_counts_are_those_of_others_behind_the_mark(scene: Scene, anna: Person, ben: Person) -> None:
    first = write(scene, anna.client, 1)
    write(scene, anna.client, 2)
    write(scene, ben.client, 1)
    write(scene, anna.client, 3)
    assert unread(ben) == [(GENERAL, 3)]
    ben.mark(read=first)
    commit_marks(scene)
    assert unread(ben) == [(GENERAL, 2)]
    ben.mark(read=scene.state.index)
    commit_marks(scene)
    assert unread(ben) == []
    assert unread(anna) == [(GENERAL, 1)]
    assert unread(Person(scene, "Cleo")) == [], "what was written before she came is not unread"


def test_own_messages_among_many_unread_ones_do_not_make_them_fewer(
    scene: Scene, anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UNREAD_COUNT_MAX", 3)
    for counter in range(1, 5):
        write(scene, ben.client, counter)
    write(scene, anna.client, 1)
    assert unread(ben) == [(GENERAL, 1)]
    for counter in range(2, 6):
        write(scene, anna.client, counter)
    write(scene, ben.client, 5)
    assert unread(ben) == [(GENERAL, 3)]


def test_marks_behind_a_fork_are_not_taken_over_by_a_merge(scene: Scene, anna: Person, ben: Person) -> None:
    fork = write(scene, anna.client, 1)
    index = write(scene, anna.client, 2)
    ben.mark(read=index)
    commit_marks(scene)
    scene.cut(fork)
    waiting = scene.re_submitted()
    assert [draft.kind for draft in waiting] == ["message", "marks"]
    scene.append(Draft("device", "f" * 32, 0, 0, packed(DeviceBody("other", "Cleo", b""))))
    scene.append(Draft("message", "f" * 32, 1, 0, packed(MessageBody(GENERAL, "from the other side"))))
    for draft in waiting:
        scene.append(draft)
    # Its own epoch goes on here, which two servers never do: the marks say where theirs ended.
    body = msgspec.msgpack.decode(waiting[1].body, type=MarksBody)
    assert body.trail[-1][1] == index
    assert scene.state.marks.delivered[ben.user] <= index


def receipts_of(person: Person, index: int) -> events.RoomReceipts:
    return answered(person, events.RoomReceipts, requests.Receipts, room=GENERAL, index=index)


def unread(person: Person) -> list[tuple[str, int]]:
    return answered(person, events.UnreadCounts, requests.Unread).counts


def answered(person: Person, wanted: type[E], kind: type[requests.AnyRequest], **fields: Any) -> E:
    """The answer of a worker thread."""
    found: list[E] = []

    def look() -> list[E]:
        found.extend(event for event in person.client.heard() if isinstance(event, wanted))
        return found

    person.client.send(encode_frame(person.client.request(kind, **fields)))
    return wait_until(look)[0]


def told_of(person: Person, user: str, read: int) -> MemberMark:
    """What somebody is told of another one, as soon as the other has read so far."""
    told: dict[str, MemberMark] = {}

    def look() -> bool:
        told.update(person.told())
        return user in told and told[user].read >= read

    wait_until(look)
    return told[user]
