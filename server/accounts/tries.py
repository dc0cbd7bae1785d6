"""How often a password may be tried: never a hard lock, or anybody could lock anybody out.

For each person and address some tries are free, then each costs twice the wait of the one before. An address
that fails for many people must wait as well; computers behind this one's own loopback are many people.
An address is what the caller takes for one place: of IPv6 it is a whole network.
"""

from collections import OrderedDict, deque
from ipaddress import ip_address
from typing import Final, TypeVar

import msgspec

_K = TypeVar("_K")
_V = TypeVar("_V")

FREE_TRIES: Final = 5
_FIRST_WAIT_S: Final = 1.0
_LAST_WAIT_S: Final = 300.0
ADDRESS_FAILURES_MAX: Final = 20
# New passwords cost more than those that are shown: they are judged and hashed. A class that begins at the
# same time behind one address is not held up.
ADDRESS_NEW_MAX: Final = 100
_ADDRESS_WINDOW_S: Final = 600.0
# What strangers can make this server remember; the oldest are forgotten first.
_REMEMBERED_MAX: Final = 10_000


class _Tries(msgspec.Struct):
    """Since the last success: how many, and when the next one is due (s)."""

    count: int = 0
    due_at: float = 0.0


class AddressLimit:
    """So many from one address within ten minutes. Times are monotonic seconds, addresses without ports."""

    def __init__(self, count_max: int) -> None:
        self._count_max: Final = count_max
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._times)

    def wait_s(self, address: str, now: float) -> float:
        """How long this address must wait (0: not at all)."""
        times = self._times.get(address, deque())
        while times and now - times[0] >= _ADDRESS_WINDOW_S:
            times.popleft()
        return times[0] + _ADDRESS_WINDOW_S - now if len(times) >= self._count_max else 0.0

    def begin(self, address: str, now: float) -> None:
        """One more begins; those from the own loopback are not counted."""
        if not _is_loopback(address):
            self._times.setdefault(address, deque(maxlen=self._count_max)).append(now)
            self._times.move_to_end(address)
            _forget_oldest(self._times)

    def give_back(self, address: str) -> None:
        """The last one does not count."""
        times = self._times.get(address)
        if times:
            times.pop()


class TryLimit:
    """Counts. Times are monotonic seconds, addresses without ports."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        self._failures: Final = AddressLimit(ADDRESS_FAILURES_MAX)

    def __len__(self) -> int:
        """How much is remembered."""
        return len(self._tries) + len(self._failures)

    def wait_s(self, person: str, address: str, now: float) -> float:
        """How long this address must wait before it tries this person's password (0: not at all)."""
        due_at = self._tries.get((person, address), _Tries()).due_at
        return max(0.0, due_at - now, self._failures.wait_s(address, now))

    def begin(self, person: str, address: str, now: float) -> None:
        """A try begins. It counts as failed until it `succeeded`, so that many at a time are as many."""
        tries = self._tries.setdefault((person, address), _Tries())
        self._tries.move_to_end((person, address))
        tries.count += 1
        if tries.count >= FREE_TRIES:
            doubled_s: float = _FIRST_WAIT_S * 2 ** min(tries.count - FREE_TRIES, 16)
            tries.due_at = now + min(doubled_s, _LAST_WAIT_S)
        _forget_oldest(self._tries)
        self._failures.begin(address, now)

    def succeeded(self, person: str, address: str) -> None:
        """It was the right one."""
        self._tries.pop((person, address), None)
        self._failures.give_back(address)

    def give_back(self, person: str, address: str) -> None:
        """The last try showed nothing: it does not count."""
        tries = self._tries.get((person, address))
        if tries is not None:
            tries.count -= 1
            tries.due_at = 0.0 if tries.count < FREE_TRIES else tries.due_at
        self._failures.give_back(address)


def _forget_oldest(remembered: OrderedDict[_K, _V]) -> None:
    while len(remembered) > _REMEMBERED_MAX:
        remembered.popitem(last=False)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
