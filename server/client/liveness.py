"""Signs of life: pings, silence, and servers that hang."""

from typing import Final

from server.client.link import Link, Stage
from server.client.links import Links
from server.client.notices import LatencyMeasured
from server.protocol.events import Pong, ServersChanged
from server.protocol.requests import Ping

_PINGED: Final = frozenset({Stage.STANDBY, Stage.ACTIVE})


class Liveness:
    """Watches the links of the table and gives up those that show no life in their time."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._settings = links.settings

    def check(self, now: float) -> None:
        """Give up what is out of time; ping what is due."""
        self._doubt_silence(now)
        for link in self._links:
            late = next((code for code, deadline in self._deadlines(link) if deadline <= now), None)
            if late is not None:
                self._links.give_up(link, late, now)
            elif self._may_ping(link) and link.ping_at <= now:
                link.ping_id = self._links.next_request_id()
                link.ping_at = now
                self._links.ask(link, Ping(id=link.ping_id), now)

    def next_wake(self) -> float | None:
        """When `check` has something to do at the earliest."""
        times = [deadline for link in self._links for _, deadline in self._deadlines(link)]
        times += [link.ping_at for link in self._links if self._may_ping(link)]
        active = self._links.active
        if active is not None and active.asked_at is not None and active.suspected_at is None:
            times.append(active.asked_at + self._settings.doubt_s)
        return min(times, default=None)

    def pong(self, link: Link, event: Pong, now: float) -> None:
        """A ping came back."""
        if event.answer != link.ping_id:
            return
        if link.stage is Stage.ACTIVE:
            self._links.emit(LatencyMeasured(server=link.server, latency_s=now - link.ping_at))
        is_active = link.stage is Stage.ACTIVE
        every_s = self._settings.ping_every_s if is_active else self._settings.standby_ping_every_s
        link.ping_id = 0
        link.ping_at = now + every_s

    def hear_from_standby(self, event: ServersChanged, now: float) -> None:
        """The other server says who is away. If it is ours, ours has to show life soon."""
        active = self._links.active
        if active is None or active.suspected_at is not None:
            return
        if any(facts.name == active.server and not facts.is_up for facts in event.servers):
            self._suspect(active, now)

    def _doubt_silence(self, now: float) -> None:
        """A process that is stopped, or a machine that hangs, keeps its connections open.

        Who says nothing for a while after being asked has to show life soon, if the other one does.
        """
        active = self._links.active
        if active is None or active.asked_at is None or active.suspected_at is not None:
            return
        if now >= active.asked_at + self._settings.doubt_s:
            self._suspect(active, now)

    def _suspect(self, active: Link, now: float) -> None:
        active.suspected_at = now
        for link in self._links:
            # A ping is answered at once, whatever else the server waits for.
            link.ping_at = link.ping_at if link.ping_id else now

    def _may_ping(self, link: Link) -> bool:
        return link.stage in _PINGED and not link.ping_id

    def _deadlines(self, link: Link) -> list[tuple[str, float]]:
        """Until when it has to show what; the code says what it is given up for."""
        settings, stage = self._settings, link.stage
        if stage is Stage.DIALING:
            return [("timeout", link.since + settings.dial_s_max)]
        deadlines = [("silent", link.heard_at + settings.dead_after_s)]
        if stage is Stage.GREETING:
            deadlines.insert(0, ("timeout", link.since + settings.welcome_s_max))
        elif stage is Stage.SIGNING_IN or stage is Stage.ACTIVATING:
            deadlines.insert(0, ("timeout", link.since + settings.sign_in_s_max))
        if link.suspected_at is not None:
            standby = self._links.standby
            if standby is not None and standby.heard_at >= link.suspected_at:
                deadlines.append(("silent", link.suspected_at + settings.suspect_s))
        return deadlines
