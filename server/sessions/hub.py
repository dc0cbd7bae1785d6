"""The hub: all sessions of one server on the io thread, and what they share.

It hands requests to the engine and its output to the sessions, counts who is online at both
servers, and sends away whoever breaks a time limit.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final, Protocol

from server.archive.record import Draft
from server.archive.store import StoreReader
from server.engine.round import Answer, Ask, EngineInput, Output, PairState, Position
from server.network.clock import Clock
from server.protocol import events, requests
from server.protocol.frames import encode_frame
from server.sessions.admission import Load, Policy, Verdict, admit
from server.sessions.command_table import Stage
from server.sessions.cursors import cursor_at, place_cursor
from server.sessions.delivery import Delivery
from server.sessions.facts import OwnFacts, PeerFacts, PeerOnline
from server.sessions.goodbyes import Goodbyes
from server.sessions.history import missed_frames
from server.sessions.presence import Presence
from server.sessions.readings import Readings
from server.sessions.session import Session
from server.sessions.time_limits import check_times
from server.state.state import GENERAL, State, User

_log = logging.getLogger(__name__)

# Presence is told at most this often: a storm of reconnects must not become a storm of events.
_PRESENCE_EVERY_S: Final = 0.1
_HOUSEKEEPING_EVERY_S: Final = 1.0


class EngineDoor(Protocol):
    """What the hub needs of the engine: a way in, and the state to look things up in."""

    @property
    def state(self) -> State:
        """The folded state."""

    @property
    def copies_index(self) -> int:
        """Everything up to here is on both disks."""

    @property
    def durable_index(self) -> int:
        """How far the own disk reaches."""

    def put(self, given: EngineInput) -> None:
        """Give it something."""


class Hub:
    """Made on the io thread; `deliver` and `hear_peer` are its news from the other threads."""

    def __init__(
        self,
        *,
        engine: EngineDoor,
        reader: StoreReader,
        clock: Clock,
        facts: OwnFacts,
        position: Position,
        pair: PairState,
        users_max: int,
        policy: Policy,
        send_rate_per_s: float,
        tell_peer: Callable[[PeerFacts | PeerOnline], None],
    ) -> None:
        self.facts: Final = facts
        self.users_max: Final = users_max
        self.send_rate_per_s: Final = send_rate_per_s
        self.engine: Final = engine
        self.store: Final = reader
        self._clock: Final = clock
        self._policy: Final = policy
        self._tell_peer: Final = tell_peer
        self.sessions: set[Session] = set()
        self._askers: dict[int, Callable[[Answer], None]] = {}
        self._last_asker = 0
        self._to_ask: list[Ask] = []
        self._idle = asyncio.Event()
        self._to_flush: set[Session] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self.pair = pair
        self.peer: PeerFacts | None = None
        self.peer_known: PeerFacts | None = None
        self._presence_is_due = False
        self._told_presence: events.PresenceChanged | None = None
        self._told_servers: events.ServersChanged | None = None
        self._told_peer: PeerFacts | None = None
        self._told_online: PeerOnline | None = None
        self.presence: Final = Presence()
        self.delivery = Delivery(
            position,
            state=lambda: engine.state,
            read_store=lambda audiences, cursor, last: missed_frames(
                reader, engine.state, audiences, cursor, last
            ),
            durable_end=reader.derived_index,
            is_leader=lambda: self.pair.role == "leader",
            now=self.now,
        )
        self.readings: Final = Readings(self)
        self.goodbyes: Final = Goodbyes(self)
        self.call_later(_HOUSEKEEPING_EVERY_S, self._keep_house)

    # --- for sessions

    @property
    def state(self) -> State:
        """The folded state, to look things up in."""
        return self.engine.state

    @property
    def copies_index(self) -> int:
        """Everything up to here is on both disks."""
        return self.engine.copies_index

    @property
    def mode(self) -> str:
        """dual, solo or waiting."""
        return self.pair.mode

    @property
    def peer_address(self) -> str:
        """Where clients find the other server ("" when it was never met)."""
        return self.peer_known.address if self.peer_known else ""

    def now(self) -> float:
        """Monotonic time (s)."""
        return self._clock.monotonic_s()

    def time_ms(self) -> int:
        """Unix time (ms)."""
        return self._clock.wall_ms()

    def call_later(self, delay_s: float, function: Callable[[], None]) -> None:
        """Run something later, unless the server stops before."""

        def run() -> None:
            self._timers.discard(timer)
            function()

        timer = asyncio.get_running_loop().call_later(delay_s, run)
        self._timers.add(timer)

    def enter(self, session: Session) -> None:
        """A client connected."""
        self.sessions.add(session)

    def leave(self, session: Session, asked: set[int]) -> None:
        """A client is gone; what it asked for goes on, but nobody waits for the answer."""
        self.presence.free_place(session)
        self.sessions.discard(session)
        self._to_flush.discard(session)
        self.goodbyes.forget(session)
        for asker in asked:
            self._askers.pop(asker, None)

    def ask(self, draft: Draft, answered: Callable[[Answer], None]) -> int:
        """Have something archived; `answered` is called once, later."""
        self._last_asker += 1
        self._askers[self._last_asker] = answered
        # The engine is woken at the end of this turn, with all that came in it: it works in batches.
        self._to_ask.append(Ask(draft, self._last_asker))
        return self._last_asker

    def admit(self, *, is_redirected: bool) -> Verdict:
        """Whether one more person signs in here."""
        load = Load(
            users_here=self.presence.users_here,
            users_there=self.peer.users if self.peer else 0,
            users_max=self.users_max,
            is_first=self.facts.is_first,
            is_peer_up=self.peer is not None,
            is_behind=self.pair.is_behind,
        )
        return admit(self._policy, load, is_redirected=is_redirected)

    def place_cursor(self, cursor: requests.Cursor | None) -> tuple[requests.Cursor, int | None]:
        """Where delivery starts for a client that read so far, and where its archive diverged."""
        is_leader = self.pair.role == "leader"
        return place_cursor(cursor, self.delivery.position, self.state.spans, is_leader=is_leader)

    def trail(self) -> tuple[requests.EpochEnd, ...]:
        """The last epochs of this archive, for the cursors of clients."""
        return cursor_at(self.delivery.position.index, self.state.spans).trail

    def user_now(self, user: User) -> User:
        """The person as the state has it; as it was, while a merge has not brought it back yet."""
        return self.state.users.get(user.id, user)

    def number_at(self, index: int) -> int:
        """The running number of messages at an index."""
        if index >= self.delivery.position.index:
            return self.delivery.position.number
        return self.store.number_at(index)

    def rooms_of(self, user: User, *, only_own: bool = False) -> list[events.RoomFacts]:
        """The rooms as one person sees them."""
        rooms = [
            events.RoomFacts(room.id, room.name, len(room.members), room.id in user.rooms)
            for room in list(self.state.rooms.values())
        ]
        return [room for room in rooms if room.is_member] if only_own else rooms

    def members_of(self, room_id: str) -> list[events.MemberFacts] | None:
        """The members of a room, or None when there is no such room."""
        # One look: a merge may just put another state in this one's place.
        state = self.state
        room = state.rooms.get(room_id)
        if room is None:
            return None
        online = self.presence.online
        users = (state.users[member] for member in room.members)
        return [events.MemberFacts(user.id, user.name, user.id in online) for user in users]

    def servers(self) -> list[events.ServerFacts]:
        """Both servers, in the order of addresses."""
        own = self._own_facts()
        found = [events.ServerFacts(own.name, own.address, own.role, own.users)]
        if self.peer is not None:
            peer = self.peer
            found.append(events.ServerFacts(peer.name, peer.address, peer.role, peer.users))
        elif self.peer_known is not None:
            known = self.peer_known
            found.append(events.ServerFacts(known.name, known.address, "away"))
        return found if self.facts.is_first else found[::-1]

    def flush_later(self, session: Session) -> None:
        """Something was told: it leaves at the end of this turn."""
        self._to_flush.add(session)

    def flush_all(self) -> None:
        """The end of a turn: its questions for the engine, one write for each session told something."""
        to_ask, self._to_ask = self._to_ask, []
        for ask in to_ask:
            self.engine.put(ask)
        while self._to_flush:
            self._to_flush.pop().flush()

    # --- news

    def deliver(self, output: Output) -> None:
        """What a round of the engine brought."""
        if output.position is not None:
            self.delivery.publish(output.published, output.position)
            self.goodbyes.recheck_people()
        for answer in output.answers:
            answered = self._askers.pop(answer.asker, None)
            if answered is not None:
                answered(answer)
        if not self._askers:
            self._idle.set()
        if output.copies_index is not None:
            self._broadcast(events.CopiesRaised(index=output.copies_index))
        if output.pair is not None:
            self.pair = output.pair
            self._tell_servers()
            self.goodbyes.send_away()
        if output.published and any(item.told.joined for item in output.published):
            self.presence_changed()
        self.flush_all()

    def hear_peer(self, facts: PeerFacts | PeerOnline | None) -> None:
        """The other server told about itself; None: it is away."""
        if isinstance(facts, PeerOnline):
            self.presence.hear(facts.users)
        else:
            self.peer = facts
            self.peer_known = facts or self.peer_known
            if facts is None:
                self.presence.hear(())
            self._tell_servers()
            self.goodbyes.send_away()
        self.presence_changed()
        self.flush_all()

    def greet_peer(self) -> None:
        """The other server is linked: it does not know anything about this one yet."""
        self._told_peer = None
        self._told_online = None
        self._tell_own_facts()
        self._tell_presence()

    def remember_peer(self, name: str, address: str) -> None:
        """Where the other server was when it was last met."""
        self.peer_known = PeerFacts(name, address, "away", 0)

    def presence_changed(self) -> None:
        """Somebody came or went: the peer must know how many we are, everybody is told soon."""
        self._tell_own_facts()
        if not self._presence_is_due:
            self._presence_is_due = True
            self.call_later(_PRESENCE_EVERY_S, self._tell_presence)

    def tell_presence_to(self, session: Session) -> None:
        """How many people there are, for one who just came."""
        event = self._presence_event()
        session.tell(event)
        if event != self._told_presence:
            # It knows something else than the others: the next news are for all of them.
            self._told_presence = None

    def _presence_event(self) -> events.PresenceChanged:
        """How many people there are, and how many of them are online at both servers."""
        online = self.presence.online
        members = self.state.rooms[GENERAL].members
        return events.PresenceChanged(members=len(members), online=len(online))

    def _tell_presence(self) -> None:
        self._presence_is_due = False
        online = PeerOnline(self.presence.online_here)
        if online != self._told_online:
            self._told_online = online
            self._tell_peer(online)
        event = self._presence_event()
        if event != self._told_presence:
            self._told_presence = event
            self._broadcast(event)
        self._tell_servers()
        self.flush_all()

    def _tell_servers(self) -> None:
        self._tell_own_facts()
        event = events.ServersChanged(servers=self.servers(), mode=self.mode)
        if event != self._told_servers:
            self._told_servers = event
            # Also to those on standby: it is how they learn that their own server fell silent.
            self._broadcast(event, Stage.ON_STANDBY)

    def _tell_own_facts(self) -> None:
        own = self._own_facts()
        if own != self._told_peer:
            self._told_peer = own
            self._tell_peer(own)

    def _broadcast(self, event: events.AnyEvent, stage: Stage = Stage.ACTIVE) -> None:
        frame = encode_frame(event)
        for session in self.sessions:
            if session.stage >= stage:
                session.write(frame)

    # --- ends

    async def drain(self, limit_s: float) -> None:
        """Wait until every request in hand is answered, within a limit."""
        if self._askers:
            self._idle.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), limit_s)

    def stop(self) -> None:
        """No timer and no reading runs after this."""
        for timer in self._timers:
            timer.cancel()
        self.readings.stop()

    def _keep_house(self) -> None:
        now = self.now()
        for session in list(self.sessions):
            check_times(session, now)
        self.delivery.verify_ahead()
        self.flush_all()
        self.call_later(_HOUSEKEEPING_EVERY_S, self._keep_house)

    def _own_facts(self) -> PeerFacts:
        return PeerFacts(
            name=self.facts.name,
            address=self.facts.address,
            role=self.pair.role,
            users=self.presence.users_here,
        )
