"""Announcements: what everybody is told about people and servers, and how often.

Who leads, who is away: told at once, for clients act on it. How many people there are: told at a pace
that the crowd can bear, and to a part of it in one turn of the loop, so that no message has to wait
until ten thousand have heard that somebody came.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from server.protocol import events
from server.protocol.frames import encode_frame
from server.sessions.facts import PeerFacts, PeerOnline
from server.sessions.stages import Stage
from server.state.state import GENERAL

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

# At most this often: a storm of reconnects must not become a storm of events. A write costs about
# 10 µs, so a crowd of any size takes a tenth of a processor at most.
_EVERY_S: Final = 0.1
_EVERY_S_PER_SESSION: Final = 0.0001
# About two milliseconds of writing.
_SESSIONS_A_TURN: Final = 250


class Announcements:
    """Those of one hub. On the io thread only."""

    def __init__(self, hub: "Hub") -> None:
        self._hub: Final = hub
        self._is_due = False
        # Who has not heard the counts of the last time yet, and those counts.
        self._waiting: list[Session] = []
        self._counts = b""
        # Who takes nothing now and missed something: it hears how things stand when it reads again.
        self._owed: set[Session] = set()
        self._told_presence: events.PresenceChanged | None = None
        self._told_servers: events.ServersChanged | None = None
        self._told_peer: PeerFacts | None = None
        self._told_online: PeerOnline | None = None

    def people_changed(self) -> None:
        """Somebody came or went: the peer must know how many we are, everybody is told soon."""
        self._tell_own_facts()
        self._tell_soon()
        self._hub.typists.online_changed()

    def servers_changed(self) -> None:
        """A server has another role, came or went: at once. Has it other people only: soon."""
        self._tell_own_facts()
        event, told = self._servers(), self._told_servers
        if told is not None and _without_counts(event) == _without_counts(told):
            self._tell_soon()
            return
        self._told_servers = event
        if self._waiting:
            # They must not hear older counts behind these news.
            self._waiting.clear()
            self._told_presence = None
            self._tell_soon()
        # Also to those on standby: it is how they learn that their own server fell silent.
        self._tell(self._hub.sessions, encode_frame(event), Stage.ON_STANDBY)

    def copies_raised(self, index: int) -> None:
        """Everything up to here is on both disks."""
        self._tell(self._hub.sessions, encode_frame(events.CopiesRaised(index=index)))

    def greet_peer(self) -> None:
        """The other server is linked: it does not know anything about this one yet."""
        self._told_peer = self._told_online = None
        self._tell_own_facts()
        self._tell_peer_who_is_online()

    def tell_newcomer(self, session: "Session") -> None:
        """How many people there are, for one who just came."""
        event = self._presence()
        session.tell(event)
        if event != self._told_presence:
            # It knows something else than the others: the next news are for all of them.
            self._told_presence = None

    def catch_up(self, session: "Session") -> None:
        """Somebody reads again: how things stand, in place of all that was announced meanwhile."""
        if session not in self._owed:
            return
        self._owed.discard(session)
        session.tell(self._servers())
        if session.stage is Stage.ACTIVE:
            session.tell(events.CopiesRaised(index=self._hub.copies_index))
            session.tell(self._presence())

    def forget(self, session: "Session") -> None:
        """A client is gone."""
        self._owed.discard(session)

    def _tell(self, sessions: Iterable["Session"], frames: bytes, stage: Stage = Stage.ACTIVE) -> None:
        for session in sessions:
            if session.stage < stage or session.is_ending:
                continue
            if session.is_paused:
                self._owed.add(session)
            else:
                session.write(frames)

    def _tell_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            delay_s = _EVERY_S + _EVERY_S_PER_SESSION * len(self._hub.sessions)
            self._hub.call_later(delay_s, self._tell_counts)

    def _tell_counts(self) -> None:
        """What changed since the last time, to those who are active."""
        self._is_due = False
        if self._waiting:
            self._tell_soon()
            return
        self._tell_peer_who_is_online()
        presence, servers = self._presence(), self._servers()
        self._counts = encode_frame(presence) if presence != self._told_presence else b""
        self._counts += encode_frame(servers) if servers != self._told_servers else b""
        self._told_presence, self._told_servers = presence, servers
        self._waiting = list(self._hub.sessions) if self._counts else []
        self._tell_some()

    def _tell_some(self) -> None:
        now, self._waiting = self._waiting[:_SESSIONS_A_TURN], self._waiting[_SESSIONS_A_TURN:]
        self._tell(now, self._counts)
        if self._waiting:
            self._hub.call_later(0.0, self._tell_some)

    def _presence(self) -> events.PresenceChanged:
        """How many people there are, and how many of them are online at both servers."""
        members = self._hub.state.rooms[GENERAL].members
        return events.PresenceChanged(members=len(members), online=self._hub.presence.online_count)

    def _servers(self) -> events.ServersChanged:
        return events.ServersChanged(servers=self._hub.servers(), mode=self._hub.mode)

    def _tell_own_facts(self) -> None:
        own = self._hub.own_facts()
        if own != self._told_peer:
            self._told_peer = own
            self._hub.tell_peer(own)

    def _tell_peer_who_is_online(self) -> None:
        online = PeerOnline(self._hub.presence.online_here)
        if online != self._told_online:
            self._told_online = online
            self._hub.tell_peer(online)


def _without_counts(event: events.ServersChanged) -> events.ServersChanged:
    servers = [msgspec.structs.replace(facts, users=0) for facts in event.servers]
    return msgspec.structs.replace(event, servers=servers)
