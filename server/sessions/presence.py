"""Presence: who is online at both servers, and who is about to be; told, never archived (pure)."""

from collections import Counter
from collections.abc import Hashable, Iterable


class Presence:
    """People by id. A person with several connections here is one person."""

    def __init__(self) -> None:
        self._here: Counter[str] = Counter()
        self._there: frozenset[str] = frozenset()
        # How many are online there and not here.
        self._only_there = 0
        self._coming: set[Hashable] = set()
        # Also those on standby.
        self._connections: Counter[str] = Counter()

    @property
    def users_here(self) -> int:
        """How many people have an active connection here, or a place kept for one."""
        return len(self._here) + len(self._coming)

    @property
    def online_here(self) -> tuple[str, ...]:
        """Who has an active connection here."""
        return tuple(sorted(self._here))

    @property
    def online(self) -> frozenset[str]:
        """Who is online at either server."""
        return self._there | self._here.keys()

    @property
    def online_count(self) -> int:
        """How many people are online at either server."""
        return len(self._here) + self._only_there

    def keep_place(self, visitor: Hashable) -> None:
        """Somebody was admitted and is not signed in yet: a new name takes a commit."""
        self._coming.add(visitor)

    def free_place(self, visitor: Hashable) -> None:
        """That one is in, or gone. Freeing twice is no harm."""
        self._coming.discard(visitor)

    def connections_of(self, user: str) -> int:
        """How often this person is signed in here."""
        return self._connections[user]

    def connect(self, user: str) -> None:
        """A connection of this person signed in."""
        self._connections[user] += 1

    def disconnect(self, user: str) -> None:
        """A connection of this person is gone."""
        self._connections[user] -= 1
        if not self._connections[user]:
            del self._connections[user]

    def enter(self, user: str) -> None:
        """An active connection of this person started."""
        if user in self._there and user not in self._here:
            self._only_there -= 1
        self._here[user] += 1

    def leave(self, user: str) -> None:
        """An active connection of this person ended."""
        self._here[user] -= 1
        if not self._here[user]:
            del self._here[user]
            self._only_there += user in self._there

    def hear(self, online_there: Iterable[str]) -> None:
        """The other server told who is online there."""
        self._there = frozenset(online_there)
        self._only_there = len(self._there - self._here.keys())
