"""In which order that is re-submitted which a cut takes out of the log (pure).

By where each request stood first, so that several merges keep the order. But a device or a room may have no
place but the one in this log, for it was asked for here too, behind which a merge has put what stood
elsewhere long before and needs it. So it comes before all of that, with what its device had asked before.
"""

from typing import Final

from server.archive.keys import early_key, place_in, quarantine_key
from server.archive.record import Record, redraft

# Without these a request of another device, or another time, would be refused.
_NEEDED: Final = frozenset({"device", "room", "group", "friend"})


class WaitingOrder:
    """The keys of requests behind a cut: asked for from the last one of them to the first.

    `first_key` is that of the first one that waits already, b"" when none does.
    """

    def __init__(self, first_key: bytes) -> None:
        self._first_key = first_key
        self._early_devices: set[str] = set()

    def key(self, record: Record) -> bytes:
        """Where it waits."""
        header, key = record.header, quarantine_key(redraft(record))
        if header.origin is not None:
            self._first_key = min(key, self._first_key or key)
        elif self._first_key and place_in(self._first_key) <= place_in(key):
            # At the same place too: what comes early comes before all that stood there.
            if header.kind in _NEEDED:
                self._early_devices.add(header.device)
            if header.device in self._early_devices:
                return early_key(self._first_key, key)
        return key
