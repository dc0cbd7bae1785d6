"""Reading: nothing twice, nothing left out, and a fork is noticed."""

import msgspec

from server.client.reading import START_OF_ARCHIVE, Reading
from server.protocol.limits import TRAIL_EPOCHS_MAX
from server.protocol.requests import Cursor, EpochEnd, SignIn
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
    assert reading.fork_at(6, "z") == 6
    assert reading.fork_at(6, "x") is None
    reading.drop_behind(5)
    assert reading.is_new(6, "z")
    assert reading.fork_at(7, "other") is None


def test_a_divergence_takes_the_cursor_back() -> None:
    reading = Reading(at(5))
    reading.drop_behind(3)
    assert reading.cursor == at(3)
    assert reading.is_new(4, "x")


def test_what_does_not_come_again_in_its_place_is_not_archived() -> None:
    # Found by the simulator (seed 7201858): what takes its place need not be for this reader.
    reading = Reading(at(5))
    for index in (6, 7, 8):
        assert reading.is_new(index, f"thing {index}")
    reading.resume(at(5), 0, 0)
    assert reading.fork_at(6, "thing 6") is None
    assert not reading.is_new(6, "thing 6")
    assert reading.fork_before(at(6)) is None
    assert reading.fork_at(9, "other") == 7
    assert reading.fork_before(at(7)) == 7
    reading.drop_behind(6)
    assert reading.fork_at(9, "other") is None
    assert reading.fork_before(at(9)) is None


def test_something_new_before_what_was_given_earlier_is_a_fork() -> None:
    # Found by the simulator (seed 20013790): a message, where nothing for us stood in the other archive.
    reading = Reading(at(5))
    for index in (8, 9):
        assert reading.is_new(index, f"thing {index}")
    reading.resume(at(5), 0, 0)
    # What a frame brings from before the cursor says nothing.
    assert reading.fork_at(4, "old") is None
    assert reading.fork_at(7, "other") == 8
    reading.drop_behind(7)
    assert reading.is_new(7, "other")
    assert reading.fork_at(8, "thing 9") is None
    assert reading.is_new(8, "thing 9")


def test_the_counters_move_with_messages_and_meet_at_the_end_of_a_flush() -> None:
    reading = Reading(None)
    reading.resume(at(0), 0, 3)
    reading.advance(2, 1)
    assert (reading.number, reading.archive_number) == (1, 3)
    reading.advance(6, 4)
    assert (reading.number, reading.archive_number) == (4, 4)
    reading.end_flush(at(9), 3)
    assert (reading.number, reading.archive_number) == (3, 3)
    reading.advance(8, 2)
    assert reading.number == 3, "a frame may begin before the cursor"


def test_a_server_that_is_a_moment_behind_does_not_take_the_cursor_back() -> None:
    reading = Reading(at(5))
    reading.end_flush(at(4), 4)
    assert reading.cursor == at(5)
    assert not reading.is_new(5, "x")


def trail_of(reading: Reading) -> list[tuple[str, int]]:
    assert reading.cursor is not None
    return [(end.epoch, end.index) for end in reading.cursor.trail]


def test_a_cursor_far_behind_gathers_the_trail_that_came_with_the_sign_in() -> None:
    reading = Reading(START_OF_ARCHIVE)
    ends = (EpochEnd("1.a.0", 4), EpochEnd("2.b.0", 9))
    reading.resume(Cursor(epoch="0.0.0", index=0, trail=ends), 0, 12)
    assert trail_of(reading) == []
    reading.end_flush(Cursor(epoch="2.b.0", index=7), 7)
    assert trail_of(reading) == [("1.a.0", 4)]
    reading.end_flush(Cursor(epoch="3.a.0", index=12), 12)
    assert trail_of(reading) == [("1.a.0", 4), ("2.b.0", 9)]


def test_the_trail_grows_with_every_epoch_and_keeps_the_newest() -> None:
    reading = Reading(None)
    for number in range(1, 40):
        reading.end_flush(Cursor(epoch=f"{number}.a.0", index=number), number)
    assert len(trail_of(reading)) == TRAIL_EPOCHS_MAX
    assert trail_of(reading)[-1] == ("38.a.0", 38)


def test_a_divergence_cuts_the_trail() -> None:
    reading = Reading(None)
    for number in (3, 6, 9):
        reading.end_flush(Cursor(epoch=f"{number}.a.0", index=number), number)
    reading.drop_behind(4)
    assert trail_of(reading) == [("3.a.0", 3)]


def test_a_cursor_from_an_earlier_time_brings_its_trail() -> None:
    kept = Cursor(epoch="2.a.0", index=9, trail=(EpochEnd("1.a.0", 4),))
    reading = Reading(kept)
    reading.end_flush(Cursor(epoch="3.a.0", index=12), 12)
    assert trail_of(reading) == [("1.a.0", 4), ("2.a.0", 9)]


def test_the_start_of_the_archive_is_a_cursor_of_the_wire() -> None:
    request = SignIn(
        id=1,
        name=IDENTITY.name,
        device=IDENTITY.device,
        secret=IDENTITY.secret,
        cursor=START_OF_ARCHIVE,
    )
    assert msgspec.json.decode(msgspec.json.encode(request), type=SignIn) == request
