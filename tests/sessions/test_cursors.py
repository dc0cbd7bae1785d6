"""Cursors against a model: logs as lists of epochs, compared record by record."""

from hypothesis import given
from hypothesis import strategies as st

from server.archive.record import Epoch, Span
from server.engine_round import Position
from server.protocol.requests import Cursor
from server.sessions.cursors import place_cursor

Log = list[Epoch]  # The epoch of each record; the record at index n is log[n - 1].


def spans_of(log: Log) -> list[Span]:
    starts = [n for n, epoch in enumerate(log) if n == 0 or log[n - 1] != epoch]
    return [Span(log[n], n + 1, ("a", "b")) for n in starts]


def position_of(log: Log) -> Position:
    return Position(len(log), str(log[-1]) if log else "0.0.0", 0)


def cursor_at(log: Log, index: int) -> Cursor:
    return Cursor(epoch=str(log[index - 1]) if index else "0.0.0", index=index)


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
    """A client's log and a server's: a common beginning, then each its own way.

    The client saw at most one epoch that was cut later.
    """
    beginning = draw(branches("a", 0, 3))
    counter = beginning[-1].counter if beginning else 0
    return beginning + draw(branches("b", counter, 1)), beginning + draw(branches("c", counter, 3))


@given(two_logs(), st.data())
def test_a_cursor_goes_on_exactly_when_nothing_in_front_of_it_differs(
    logs: tuple[Log, Log], data: st.DataObject
) -> None:
    theirs, ours = logs
    index = data.draw(st.integers(0, len(theirs)))
    read = theirs[:index]
    start, diverged_at = place_cursor(cursor_at(theirs, index), position_of(ours), spans_of(ours))
    shared = common(read, ours)
    may_still_come = index > len(ours) or (bool(ours) and bool(read) and read[-1].counter > ours[-1].counter)
    if shared == index:
        assert (start.index, diverged_at) == (index, None)
    elif diverged_at is None:
        # Not known yet: an epoch that is newer than all that this server has.
        assert may_still_come or not ours
        assert start.index == index
    else:
        assert diverged_at == start.index == shared
        assert start == cursor_at(ours, shared)


@given(two_logs(), st.data())
def test_what_a_client_read_here_goes_on_here(logs: tuple[Log, Log], data: st.DataObject) -> None:
    _, ours = logs
    index = data.draw(st.integers(0, len(ours)))
    cursor = cursor_at(ours, index)
    assert place_cursor(cursor, position_of(ours), spans_of(ours)) == (cursor, None)


@given(two_logs())
def test_without_a_cursor_delivery_starts_at_the_end(logs: tuple[Log, Log]) -> None:
    _, ours = logs
    position = position_of(ours)
    start, diverged_at = place_cursor(None, position, spans_of(ours))
    assert (start.index, start.epoch, diverged_at) == (len(ours), position.epoch, None)


def test_a_server_that_lags_does_not_call_its_own_leaders_epoch_diverged() -> None:
    epoch = Epoch(1, "a", "0f")
    cursor = Cursor(epoch=str(epoch), index=9)
    assert place_cursor(cursor, position_of([epoch] * 5), spans_of([epoch] * 5)) == (cursor, None)


def test_the_middle_of_an_epoch_that_ended_earlier_here_is_diverged() -> None:
    old, new = Epoch(1, "a", "0f"), Epoch(2, "b", "0f")
    ours = [old] * 5 + [new] * 3
    start, diverged_at = place_cursor(Cursor(epoch=str(old), index=7), position_of(ours), spans_of(ours))
    assert (start.index, diverged_at) == (5, 5)
