"""Reading: nothing twice, nothing left out, and a fork is noticed."""

import msgspec

from server.client.reading import START_OF_ARCHIVE, Reading
from server.protocol.requests import Cursor, SignIn
from tests.client.scripted_pair import IDENTITY


def at(index: int) -> Cursor:
    return Cursor(epoch="1.a.0", index=index)


def test_what_lies_at_or_before_the_cursor_is_old() -> None:
    reading = Reading(at(5))
    assert not reading.is_new(5, "x")
    assert reading.is_new(6, "y")


def test_what_came_after_the_cursor_is_remembered_until_the_cursor_passes_it() -> None:
    reading = Reading(at(5))
    assert reading.is_new(6, "x")
    reading.resume(at(5), 5, 6)
    assert not reading.is_new(6, "x")
    reading.end_flush(at(6), 6)
    assert not reading.is_new(6, "x")
    assert reading.is_new(7, "x")


def test_another_thing_at_a_remembered_index_is_a_fork() -> None:
    reading = Reading(at(5))
    reading.is_new(6, "x")
    reading.is_new(7, "y")
    assert reading.is_fork(6, "z")
    assert not reading.is_fork(6, "x")
    reading.drop_behind(5)
    assert reading.is_new(6, "z")
    assert not reading.is_fork(7, "other")


def test_a_divergence_takes_the_cursor_back() -> None:
    reading = Reading(at(5))
    reading.drop_behind(3)
    assert reading.cursor == at(3)
    assert reading.is_new(4, "x")


def test_the_counters_move_with_messages_and_meet_at_the_end_of_a_flush() -> None:
    reading = Reading(None)
    reading.resume(at(0), 0, 3)
    reading.advance(1)
    assert (reading.number, reading.archive_number) == (1, 3)
    reading.advance(4)
    assert (reading.number, reading.archive_number) == (4, 4)
    reading.end_flush(at(9), 3)
    assert (reading.number, reading.archive_number) == (3, 3)


def test_a_server_that_is_a_moment_behind_does_not_take_the_cursor_back() -> None:
    reading = Reading(at(5))
    reading.end_flush(at(4), 4)
    assert reading.cursor == at(5)
    assert not reading.is_new(5, "x")


def test_the_start_of_the_archive_is_a_cursor_of_the_wire() -> None:
    request = SignIn(
        id=1,
        name=IDENTITY.name,
        device=IDENTITY.device,
        secret=IDENTITY.secret,
        cursor=START_OF_ARCHIVE,
    )
    assert msgspec.json.decode(msgspec.json.encode(request), type=SignIn) == request
