"""Messages that follow each other share a frame, and every split of a run is exact."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.archive.disk import SqliteDisk
from server.archive.record import Record
from server.archive.store import Store
from server.protocol import events
from server.protocol.connection import ClientConnection
from server.sessions import telling
from server.sessions.telling import Frame, frames_of, run_until
from server.state.bodies import MemberBody
from server.state.state import GENERAL
from tests.sessions.reading_stage import Log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """A log that tells nothing before the test does."""
    store = Store(SqliteDisk(tmp_path / "archive.sqlite"))
    log = Log(store)
    log.fresh()
    yield log
    store.close()


def framed(log: Log) -> list[Frame]:
    told: list[tuple[Record, str, int]] = [
        (item.record, audience, item.told.number) for item in log.fresh() for audience in item.told.audiences
    ]
    return list(frames_of(told, log.state))


def event_in(frame: Frame) -> events.AnyEvent:
    (event,) = ClientConnection().receive(frame.data)
    return event


def texts_in(frame: Frame) -> list[str]:
    event = event_in(frame)
    assert isinstance(event, events.Messages)
    return [message.text for message in event.messages]


def test_a_run_is_one_frame_and_says_each_sender_once(log: Log) -> None:
    for n, who in enumerate(["anna", "ben", "anna", "cleo", "ben"]):
        log.say(str(n), who=who)
    (frame,) = framed(log)
    event = event_in(frame)
    assert isinstance(event, events.Messages)
    assert [sender.name for sender in event.senders] == ["anna", "ben", "cleo"]
    assert [row.sender for row in event.rows] == [0, 1, 0, 2, 1]
    assert [message.name for message in event.messages] == ["anna", "ben", "anna", "cleo", "ben"]
    assert frame.last_index == event.rows[-1].index == log.state.index


def test_another_room_or_another_event_ends_a_run(log: Log) -> None:
    log.say("1")
    log.say("2")
    log.say("3", room="tea")
    log.say("4", room="tea")
    log.act("member", "ben", MemberBody("tea"))
    log.say("5", room="tea")
    found = framed(log)
    assert [frame.audience for frame in found] == [GENERAL, "tea", "tea", "tea"]
    assert isinstance(event_in(found[2]), events.RoomJoined)
    assert [texts_in(found[n]) for n in (0, 1, 3)] == [["1", "2"], ["3", "4"], ["5"]]


@pytest.mark.parametrize(("rows", "characters"), [(3, 10**9), (10**9, 4)])
def test_a_run_is_bounded_in_rows_and_in_characters(
    log: Log, monkeypatch: pytest.MonkeyPatch, rows: int, characters: int
) -> None:
    monkeypatch.setattr(telling, "RUN_ROWS_MAX", rows)
    monkeypatch.setattr(telling, "RUN_CHARACTERS_MAX", characters)
    for n in range(8):
        log.say(f"{n}x")
    found = [texts_in(frame) for frame in framed(log)]
    assert [text for texts in found for text in texts] == [f"{n}x" for n in range(8)]
    assert [len(texts) for texts in found] == ([3, 3, 2] if rows == 3 else [2, 2, 2, 2])


def test_a_run_is_cut_at_every_index(log: Log) -> None:
    first = log.state.index + 1
    for n in range(4):
        log.say(str(n))
    (frame,) = framed(log)
    run = event_in(frame)
    assert run_until(run, first - 1) is None
    for n in range(4):
        kept = run_until(run, first + n)
        assert kept is not None
        assert (kept.last_index, texts_in(kept)) == (first + n, [str(k) for k in range(n + 1)])


def test_a_merge_has_taken_the_writer_away_for_now(log: Log) -> None:
    log.say("1")
    log.say("2", who="ben")
    log.say("3")
    del log.state.devices["device of ben"]
    assert [texts_in(frame) for frame in framed(log)] == [["1"], ["3"]]
