"""Cursors against a model: logs as lists of epochs, compared record by record."""

from collections.abc import Sequence
from typing import overload

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.archive.record import Epoch, Span
from server.client.reading import Reading
from server.engine.round import Position
from server.protocol.limits import TRAIL_EPOCHS_MAX
from server.protocol.requests import Cursor, EpochEnd
from server.sessions.cursors import cursor_at, place_cursor

Log = list[Epoch]  # The epoch of each record; the record at index n is log[n - 1].


def spans_of(log: Log) -> list[Span]:
    starts = [n for n, epoch in enumerate(log) if n == 0 or log[n - 1] != epoch]
    return [Span(log[n], n + 1, ("a", "b")) for n in starts]


def position_of(log: Log) -> Position:
    return Position(len(log), str(log[-1]) if log else "0.0.0", 0)


def read_in(log: Log, index: int) -> Cursor:
    """The cursor of a client that a server with this log led to an index."""
    return cursor_at(index, spans_of(log))


def common(first: Log, second: Log) -> int:
    """How many records two logs share: an epoch has one writer, so the epochs tell."""
    count = 0
    for mine, theirs in zip(first, second, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


@st.composite
def branches(draw: st.DrawFn, server: str, first_counter: int, epochs_max: int) -> Log:
    """Records behind a fork, written by one server in epochs of its own, counted on."""
    log: Log = []
    counter = first_counter
    for _ in range(draw(st.integers(0, epochs_max))):
        counter += 1
        log += [Epoch(counter, server, "0f")] * draw(st.integers(1, 4))
    return log


@st.composite
def two_logs(draw: st.DrawFn) -> tuple[Log, Log]:
    """A client's log and a server's: a common beginning, then each its own way, over several epochs."""
    beginning = draw(branches("a", 0, 3))
    counter = beginning[-1].counter if beginning else 0
    return beginning + draw(branches("b", counter, 4)), beginning + draw(branches("c", counter, 4))


@given(two_logs(), st.data())
def test_a_leader_finds_the_fork_behind_any_number_of_epochs(
    logs: tuple[Log, Log], data: st.DataObject
) -> None:
    theirs, ours = logs
    index = data.draw(st.integers(0, len(theirs)))
    shared = min(common(theirs, ours), index)
    start, diverged_at = place_cursor(
        read_in(theirs, index), position_of(ours), spans_of(ours), is_leader=True
    )
    assert start.index == shared
    assert diverged_at == (None if shared == index else shared)
    if diverged_at is not None:
        assert start == read_in(ours, shared)


@given(two_logs(), st.data())
def test_who_was_told_to_drop_and_lost_the_position_behind_it_goes_on_from_there(
    logs: tuple[Log, Log], data: st.DataObject
) -> None:
    # Found by the simulator (seed 3200319): at the fork, in an epoch that never came, it waited for ever.
    theirs, ours = logs
    fork = common(theirs, ours)
    index = data.draw(st.integers(fork, len(theirs)))
    reading = Reading(read_in(theirs, index))
    reading.drop_behind(fork)
    cursor = reading.cursor
    assert cursor is not None
    start, diverged_at = place_cursor(cursor, position_of(ours), spans_of(ours), is_leader=True)
    assert (start.index, diverged_at) == (fork, None)
    assert not fork or start.epoch in map(str, ours)


@given(two_logs(), st.data())
def test_a_follower_waits_only_for_epochs_newer_than_all_it_has(
    logs: tuple[Log, Log], data: st.DataObject
) -> None:
    theirs, ours = logs
    index = data.draw(st.integers(1, max(1, len(theirs))))
    read = theirs[:index]
    cursor = read_in(theirs, len(read))
    placed = place_cursor(cursor, position_of(ours), spans_of(ours), is_leader=False)
    newest = ours[-1].counter if ours else 0
    if read and read[-1] not in ours and read[-1].counter > newest:
        assert placed == (cursor, None)
    else:
        assert placed == place_cursor(cursor, position_of(ours), spans_of(ours), is_leader=True)


@given(two_logs(), st.data())
def test_what_a_client_read_here_goes_on_here(logs: tuple[Log, Log], data: st.DataObject) -> None:
    _, ours = logs
    cursor = read_in(ours, data.draw(st.integers(0, len(ours))))
    assert place_cursor(cursor, position_of(ours), spans_of(ours), is_leader=True) == (cursor, None)


@given(two_logs())
def test_without_a_cursor_delivery_starts_at_the_end(logs: tuple[Log, Log]) -> None:
    _, ours = logs
    position = position_of(ours)
    start, diverged_at = place_cursor(None, position, spans_of(ours), is_leader=True)
    assert (start.index, start.epoch, diverged_at) == (len(ours), position.epoch, None)


@pytest.mark.parametrize("is_leader", [True, False])
def test_a_server_that_lags_does_not_call_its_own_latest_epoch_diverged(*, is_leader: bool) -> None:
    epoch = Epoch(1, "a", "0f")
    cursor = Cursor(epoch=str(epoch), index=9)
    here = position_of([epoch] * 5), spans_of([epoch] * 5)
    assert place_cursor(cursor, *here, is_leader=is_leader) == (cursor, None)


class Counted(Sequence[Span]):
    """Epochs of a log, and how many of them were looked at."""

    def __init__(self, spans: list[Span]) -> None:
        self.spans = spans
        self.looks = 0

    def __len__(self) -> int:
        return len(self.spans)

    @overload
    def __getitem__(self, place: int) -> Span: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Span]: ...
    def __getitem__(self, place: int | slice) -> Span | Sequence[Span]:
        found = self.spans[place]
        self.looks += len(found) if isinstance(found, list) else 1
        return found


def test_of_many_epochs_few_are_looked_at() -> None:
    count = 10_000
    log = [Epoch(2 * n + 1, "a", "0f") for n in range(count)]
    spans = Counted(spans_of(log))
    cursor = cursor_at(count - 5, spans)
    assert (cursor.epoch, cursor.trail[-1].index) == (str(log[-6]), count - 6)
    # An archive that went its own way: nothing of its trail is known here.
    trail = tuple(EpochEnd(f"{2 * n + 2}.b.0f", n) for n in range(TRAIL_EPOCHS_MAX))
    for at in (cursor, Cursor(str(log[-1]), count, trail), Cursor(f"{count}.b.0f", 7, trail)):
        spans.looks = 0
        place_cursor(at, position_of(log), spans, is_leader=True)
        # Each of the 17 epochs is looked for, by halves.
        assert spans.looks < 20 * 17


def test_what_no_log_can_hold_any_more_is_behind_the_end() -> None:
    epoch = Epoch(1, "a", "0f")
    here = position_of([epoch] * 5), spans_of([epoch] * 5)
    cursor = Cursor(epoch=str(epoch), index=9)
    assert place_cursor(cursor, *here, is_leader=True, log_end=9) == (cursor, None)
    assert place_cursor(cursor, *here, is_leader=True, log_end=8)[1] == 5


def test_the_middle_of_an_epoch_that_ended_earlier_here_is_diverged() -> None:
    old, new = Epoch(1, "a", "0f"), Epoch(2, "b", "0f")
    ours = [old] * 5 + [new] * 3
    cursor = Cursor(epoch=str(old), index=7)
    start, diverged_at = place_cursor(cursor, position_of(ours), spans_of(ours), is_leader=True)
    assert (start.index, diverged_at) == (5, 5)


def test_of_more_epochs_than_a_trail_holds_the_whole_archive_is_read_again() -> None:
    shared = [Epoch(1, "a", "0f")] * 3
    theirs = shared + [Epoch(2 + n, "b", "0f") for n in range(TRAIL_EPOCHS_MAX + 1)]
    ours = [*shared, Epoch(2, "c", "0f")]
    cursor = read_in(theirs, len(theirs))
    assert len(cursor.trail) == TRAIL_EPOCHS_MAX
    assert place_cursor(cursor, position_of(ours), spans_of(ours), is_leader=True)[1] == 0


def test_where_the_client_went_on_in_another_epoch_this_log_may_end_earlier() -> None:
    # Found by the simulator (seed 30536112): both disks had lied, and the leader's epoch was not committed.
    mine = [Epoch(1, "a", "0f")] * 3 + [Epoch(4, "b", "0f")] * 5
    theirs = [*mine, *[Epoch(4, "b", "0f")] * 4, Epoch(5, "a", "0f")]
    for is_leader in (True, False):
        at = place_cursor(read_in(theirs, 12), position_of(mine), spans_of(mine), is_leader=is_leader)
        # Only a moment behind, as far as anybody knows.
        assert at == (read_in(theirs, 12), None)
    _, fork = place_cursor(read_in(theirs, 13), position_of(mine), spans_of(mine), is_leader=True)
    assert fork == 8
