"""What became of messages since they were written, as the archive's tables know it.

Reads through a `StoreReader`, so any worker thread may do it.
"""

from collections.abc import Iterable
from typing import Final

from server.archive.keys import change_index
from server.archive.record import Record
from server.archive.store import StoreReader
from server.protocol import events
from server.protocol.changes import AnyChange, changed
from server.sessions.telling import change_of
from server.state.state import State


class Changes:
    """Those of the messages that it was shown; `learn` before asking for one `as_now`."""

    def __init__(self, reader: StoreReader, state: State) -> None:
        self._reader: Final = reader
        self._state: Final = state
        self._found: Final[dict[tuple[str, int], list[AnyChange]]] = {}
        # Nobody ever changed a message: the common case costs one look.
        self._has_any: Final = reader.has_changes()

    def learn(self, records: Iterable[Record]) -> None:
        """These are about to be told."""
        if not self._has_any:
            return
        of_device: dict[str, set[int]] = {}
        for record in records:
            if record.header.kind == "message":
                of_device.setdefault(record.header.device, set()).add(record.header.counter)
        indices = sorted(
            change_index(key)
            for device, counters in of_device.items()
            for key, _kind in self._reader.changes_of(device, counters)
        )
        for record in self._reader.records_at(indices).values():
            change = change_of(record, self._state)
            if change is not None and change.counter in of_device.get(change.device, ()):
                self._found.setdefault(change.target, []).append(change)

    def as_now(self, message: events.Message) -> events.Message:
        """What became of it."""
        found = self._found.get((message.device, message.counter))
        return changed(message, found) if found else message
