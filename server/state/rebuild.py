"""The state at an index: the newest snapshot at or before it, and the tail folded onto it."""

from collections.abc import Callable, Iterable

import msgspec

from server.archive.record import Record
from server.state.fold import fold
from server.state.state import State, restore


def state_in(snapshot: bytes) -> State | None:
    """The state in a snapshot; None when another version wrote it.

    That one may have passed over records which mean something here, or have kept less of them: so what
    does not come out as it went in is folded anew.
    """
    try:
        state = restore(snapshot)
    except msgspec.DecodeError:
        return None
    return state if state.snapshot() == snapshot else None


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
        found = state_in(snapshot) if at <= index else None
        if found is not None:
            state = found
            break
    for record in records(state.index + 1, index):
        fold(state, record)
    return state
