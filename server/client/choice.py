"""Which server to dial: the first address first, each with its own back-off.

An address is `host:port`. The same server may be known under several addresses (the one that a
person typed, the one that the servers teach); its name, learned at the welcome, tells that.
"""

import random
from collections.abc import Collection, Iterable
from typing import Final

from server.client.settings import ConversationSettings
from server.names.addresses import Address, parse_address

# A pair has two servers; a few more places for other spellings of their addresses.
ADDRESSES_MAX: Final = 8


class Place:
    """An address and what is known about it. Times are on the monotonic clock, in seconds."""

    __slots__ = (
        "address",
        "declined_until",
        "declines",
        "failures",
        "is_away",
        "is_barred",
        "lost_at",
        "name",
        "not_before",
    )

    def __init__(self, address: str) -> None:
        self.address = address
        self.name = ""
        # Losses and failed dials since it last worked for a while: the exponent of the back-off.
        self.failures = 0
        self.not_before = 0.0
        self.lost_at: float | None = None
        # It sent us to the other server: it may hold a standby link, but is not asked to take us.
        self.declines = 0
        self.declined_until = 0.0
        # Only a person can lift this: a certificate to look at.
        self.is_barred = False
        # The other server said so, and has not taken it back.
        self.is_away = False


class ServerChoice:
    """The known addresses in order, and when each may be dialled or asked."""

    def __init__(self, addresses: Iterable[str], settings: ConversationSettings, rng: random.Random) -> None:
        self._places = {address: Place(address) for address in addresses}
        self._settings = settings
        self._rng = rng
        # How many people are online, as far as we know: whoever else lost the same server now.
        self.crowd = 0

    @property
    def addresses(self) -> list[str]:
        """All known addresses, the first first."""
        return list(self._places)

    def place(self, address: str) -> Place:
        """What is known about an address that was given or learned."""
        return self._places[address]

    def learn(self, address: str, name: str = "") -> bool:
        """A server told an address (and whose it is); True when it was new. One that is none is not kept."""
        is_new = address not in self._places and isinstance(parse_address(address), Address)
        if is_new and len(self._places) < ADDRESSES_MAX:
            self._places[address] = Place(address)
        place = self._places.get(address)
        if place is not None and name:
            place.name = name
        return is_new and place is not None

    def succeeded(self, address: str) -> None:
        """It took us in as the active client."""
        place = self._places[address]
        place.declines = 0
        place.declined_until = 0.0

    def failed(self, address: str, now: float, *, was_steady: bool = False) -> None:
        """A dial failed or a link was lost: wait, each time twice as long, with jitter.

        `was_steady` says that the link had worked for a while: the wait starts over, and it ended for
        the crowd as well, so each of us comes at a time of its own. Whoever had sent us to this server
        may be asked again at once.
        """
        spread_s = self._spread_s() if was_steady else 0.0
        place = self._places[address]
        place.failures = 0 if was_steady else place.failures
        longest_s = self._settings.back_off_base_s * 2 ** min(place.failures, 16)
        wait_s = min(longest_s, self._settings.back_off_cap_s) * self._rng.uniform(0.5, 1.0)
        place.failures += 1
        place.lost_at = now
        place.not_before = now + wait_s + spread_s
        for other in self._places.values():
            if other is not place:
                other.declined_until = 0.0
                other.not_before = max(other.not_before, now + spread_s)

    def declined(self, address: str, target: str, now: float) -> None:
        """The server at `address` sent us to `target`: do not ask it again for a while.

        If the target has just died, its peer may not know that yet: then the while is short, and
        doubles in case it is the way to the target that is broken.
        """
        place = self._places[address]
        wait_s = self._settings.declined_s
        if self._is_fresh_death(target, now):
            wait_s = min(self._settings.declined_by_mistake_s * 2 ** min(place.declines, 16), wait_s)
        place.declines += 1
        place.declined_until = now + wait_s

    def heard_of(self, server: str, now: float, *, is_up: bool) -> None:
        """The server that has us says whether the other one is there.

        One that has just come back is dialled soon: the wait that grew while it was away says
        nothing any more, and until it stands by, nobody would take over.
        """
        for place in self._places.values():
            if place.name != server:
                continue
            if is_up and place.is_away:
                place.failures = 0
                # Not all at once: everybody hears of it in the same moment.
                soon_s = self._settings.return_spread_s * self._rng.random() + self._spread_s()
                place.not_before = min(place.not_before, now + soon_s)
            place.is_away = not is_up

    def bar(self, address: str) -> None:
        """Do not dial this address until `retry_all`."""
        self._places[address].is_barred = True

    def retry_all(self) -> None:
        """A person asks for it: every address may be dialled now."""
        for place in self._places.values():
            place.is_barred = False
            place.failures = 0
            place.not_before = 0.0
            place.declined_until = 0.0

    def is_redirected(self, now: float) -> bool:
        """Whether another server sent us away a moment ago."""
        return any(place.declined_until > now for place in self._places.values())

    def free_places(self, linked: Collection[str], servers: Collection[str]) -> list[Place]:
        """The places to dial, the first first: not linked, and no other spelling of a linked server."""
        return [
            place
            for place in self._places.values()
            if place.address not in linked
            and not (place.name and place.name in servers)
            and not place.is_barred
        ]

    def _spread_s(self) -> float:
        """When it is our turn among all who want to dial now; in a small chat at once."""
        settings = self._settings
        longest_s = settings.spread_s_per_person * max(0, self.crowd - settings.crowd_free)
        return min(longest_s, settings.spread_s_max) * self._rng.random()

    def _is_fresh_death(self, address: str, now: float) -> bool:
        place = self._places.get(address)
        if place is None or place.lost_at is None:
            return False
        return now - place.lost_at < self._settings.fresh_death_s
