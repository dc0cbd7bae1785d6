"""How often a password may be tried: never a hard lock, or anybody could lock anybody out.

For each person and address some tries are free, then each costs twice the wait of the one before. An address
that fails for many people must wait as well; computers behind this one's own loopback are many people.
"""

from collections import OrderedDict, deque
from ipaddress import ip_address
from typing import Final

import msgspec

FREE_TRIES: Final = 5
_FIRST_WAIT_S: Final = 1.0
_LAST_WAIT_S: Final = 300.0
ADDRESS_FAILURES_MAX: Final = 20
_ADDRESS_WINDOW_S: Final = 600.0
# What strangers can make this server remember; the oldest are forgotten first.
_REMEMBERED_MAX: Final = 10_000


class _Tries(msgspec.Struct):
    """Since the last success: how many, and when the next one is due (s)."""

    count: int = 0
    due_at: float = 0.0


class TryLimit:
    """Counts. Times are monotonic seconds, addresses without ports."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        self._addresses: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """How much is remembered."""
        return len(self._tries) + len(self._addresses)

    def wait_s(self, person: str, address: str, now: float) -> float:
        """How long this address must wait before it tries this person's password (0: not at all)."""
        failures = self._addresses.get(address, deque())
        while failures and now - failures[0] >= _ADDRESS_WINDOW_S:
            failures.popleft()
        due_at = self._tries.get((person, address), _Tries()).due_at
        if len(failures) >= ADDRESS_FAILURES_MAX:
            due_at = max(due_at, failures[0] + _ADDRESS_WINDOW_S)
        return max(0.0, due_at - now)

    def begin(self, person: str, address: str, now: float) -> None:
        """A try begins. It counts as failed until it `succeeded`, so that many at a time are as many."""
        tries = self._tries.setdefault((person, address), _Tries())
        self._tries.move_to_end((person, address))
        tries.count += 1
        if tries.count >= FREE_TRIES:
            doubled_s: float = _FIRST_WAIT_S * 2 ** min(tries.count - FREE_TRIES, 16)
            tries.due_at = now + min(doubled_s, _LAST_WAIT_S)
        if not _is_loopback(address):
            self._addresses.setdefault(address, deque(maxlen=ADDRESS_FAILURES_MAX)).append(now)
            self._addresses.move_to_end(address)
        for remembered in (self._tries, self._addresses):
            while len(remembered) > _REMEMBERED_MAX:
                remembered.popitem(last=False)

    def succeeded(self, person: str, address: str) -> None:
        """It was the right one."""
        self._tries.pop((person, address), None)
        failures = self._addresses.get(address)
        if failures:
            failures.pop()


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
