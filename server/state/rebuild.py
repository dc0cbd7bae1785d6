"""The state at an index: the newest snapshot at or before it, and the tail folded onto it."""

from collections.abc import Callable, Iterable

from server.archive.record import Record
from server.state.fold import fold
from server.state.state import State, restore


def rebuild(
    snapshots: Iterable[tuple[int, bytes]],
    records: Callable[[int, int], Iterable[Record]],
    index: int,
) -> State:
    """Fold the log up to `index`.

    `snapshots` are (index, bytes), newest first; `records(first, last)` reads the log.
    """
    state = State()
    for at, snapshot in snapshots:
        if at <= index:
            state = restore(snapshot)
            break
    for record in records(state.index + 1, index):
        fold(state, record)
    return state
