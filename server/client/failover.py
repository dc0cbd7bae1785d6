"""Towards the goal: somebody leads us, the other stands by, and the app knows how it stands.

`advance` looks at the links as they are, whatever happened before, so no order of events can be
missed: nobody leads → activate the standby at once; too few links → dial the next address.
"""

from collections.abc import Iterator
from math import inf
from typing import Final

from server.client.admission import Admission
from server.client.choice import Place
from server.client.link import Link, Stage
from server.client.links import Links
from server.client.notices import Disconnected, StandbyChanged

_CONNECTED: Final = -1.0
_UNDER_WAY: Final = 0.0


class Failover:
    """Dials, activates, and tells. All decisions about *which server* are here and in `choice`."""

    def __init__(self, links: Links, admission: Admission) -> None:
        self._links = links
        self._admission = admission
        # What the app was told last: connected, under way, or the time of the next try (None: none).
        self._told: float | None = None
        self._standby_told = ""
        self._advanced_at = 0.0

    def advance(self, now: float) -> None:
        """Do what can be done now. Afterwards it is to be called again at `next_wake`."""
        self._advanced_at = now
        links = self._links
        if not links.is_halted and now >= links.rest_until:
            if links.leading is None:
                self._activate_standby(now)
            while (place := self._place_to_dial(now)) is not None:
                links.dial(place.address, now)
        self._tell(now)

    def next_wake(self) -> float | None:
        """When `advance` has something new to do at the earliest; it may have passed already.

        Seen from the last `advance`, not from now: what became due in between is still to be done.
        """
        since = self._advanced_at
        if self._links.is_halted:
            return None
        if since < self._links.rest_until:
            return self._links.rest_until
        return min((time for time in self._times(since) if since < time < inf), default=None)

    def begin(self) -> None:
        """The person wants to be connected: from here on every failure is news."""
        self._told = _UNDER_WAY

    def end(self) -> None:
        """The person left: there is nothing to tell about being disconnected."""
        self._told = None

    def _activate_standby(self, now: float) -> None:
        for link in self._links:
            place = self._links.choice.place(link.address)
            if link.stage is Stage.STANDBY and place.declined_until <= now:
                self._admission.activate(link, now)
                return

    def _place_to_dial(self, now: float) -> Place | None:
        if not self._is_another_wanted(now):
            return None
        return next((place for place in self._free_places() if self._dial_at(place) <= now), None)

    def _is_another_wanted(self, now: float) -> bool:
        links = list(self._links)
        if len(links) != 1:
            return not links
        return self._wanted_beside_at(links[0]) <= now

    def _wanted_beside_at(self, link: Link) -> float:
        """From when on a second link is wanted beside the only one."""
        if link.is_signed_in:
            is_wanted = self._links.settings.has_standby or not link.is_leading
            return 0.0 if is_wanted else inf
        if link.stage is Stage.SIGNING_IN and link.is_standby_wanted:
            return 0.0
        # It is on its way to lead us. The first address has a head start, not a monopoly.
        return link.dialled_at + self._links.settings.first_alone_s

    def _free_places(self) -> list[Place]:
        linked = {link.address for link in self._links}
        servers = {link.server for link in self._links}
        return self._links.choice.free_places(linked, servers)

    def _dial_at(self, place: Place) -> float:
        # A server that sent us away may stand by, but not be asked to lead.
        declined_until = place.declined_until if self._links.leading is None else 0.0
        return max(place.not_before, declined_until)

    def _times(self, now: float) -> Iterator[float]:
        links = list(self._links)
        if self._is_another_wanted(now):
            yield from (self._dial_at(place) for place in self._free_places())
        elif len(links) == 1:
            yield self._wanted_beside_at(links[0])
        if self._links.leading is None:
            yield from (self._links.choice.place(link.address).declined_until for link in links)

    def _tell(self, now: float) -> None:
        self._tell_standby()
        if self._links.active is not None:
            self._told = _CONNECTED
            return
        stages = {link.stage for link in self._links}
        if Stage.ACTIVATING in stages:
            # A standby takes over: nothing that a person would notice.
            return
        is_under_way = bool(stages - {Stage.STANDBY})
        if is_under_way and self._told != _CONNECTED:
            return
        retry_at = _UNDER_WAY if is_under_way else self.next_wake()
        if retry_at != self._told:
            self._told = retry_at
            code, arguments = self._links.why
            retry_in_s = None if retry_at is None else max(retry_at - now, 0.0)
            self._links.emit(Disconnected(retry_in_s=retry_in_s, code=code, arguments=arguments))

    def _tell_standby(self) -> None:
        standby = self._links.standby
        server = standby.server if standby is not None and self._links.active is not None else ""
        if server != self._standby_told:
            self._standby_told = server
            self._links.emit(StandbyChanged(server=server))
