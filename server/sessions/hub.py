"""The hub: all sessions of one server on the io thread, and what they share.

It hands requests to the engine and its output to the sessions, counts who is online at both
servers, and sends away whoever breaks a time limit.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from server.archive.blobs import BlobStore
from server.archive.record import Draft
from server.archive.search_follower import SearchFollower
from server.archive.store import StoreReader
from server.engine.round import Answer, Ask, EngineInput, Output, PairState, Position
from server.network.clock import Clock
from server.protocol import limits, requests
from server.protocol.facts import ServerFacts
from server.sessions.admission import Load, Policy, Verdict, admit
from server.sessions.announcements import Announcements
from server.sessions.certainty import is_level
from server.sessions.cursors import cursor_at, place_cursor
from server.sessions.delivery import Delivery
from server.sessions.facts import OwnFacts, PeerFacts, PeerNews, PeerOnline, PeerTyping
from server.sessions.file_check import FileCheck
from server.sessions.file_store import FileStore
from server.sessions.files import Broom
from server.sessions.goodbyes import Goodbyes
from server.sessions.history import missed_frames
from server.sessions.password_checks import PasswordChecks
from server.sessions.presence import Presence
from server.sessions.readings import Readings
from server.sessions.receipts import Receipts
from server.sessions.searches import Searches
from server.sessions.session import Session
from server.sessions.sightings import Sightings
from server.sessions.throttle import Throttles
from server.sessions.time_limits import check_times
from server.sessions.typists import Typists
from server.state.state import State, User

_log = logging.getLogger(__name__)

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

    @property
    def known_end(self) -> int:
        """Where the log ends as far as is known, committed or not."""

    def put(self, *given: EngineInput) -> None:
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
        tell_peer: Callable[[PeerNews], None],
        blobs: BlobStore | None = None,
        index: SearchFollower | None = None,
        marking_device: str = "",
    ) -> None:
        """Without `blobs` files are neither taken nor given; without an index nothing can be searched.

        `marking_device`: the id of the marks that this server gathers; drawn anew for each of its lives.
        """
        self.facts: Final = facts
        self.users_max: Final = users_max
        self._send_rate_per_s: Final = send_rate_per_s
        self.engine: Final = engine
        self.store: Final = reader
        self._clock: Final = clock
        self._policy: Final = policy
        self.tell_peer: Final = tell_peer
        self.sessions: set[Session] = set()
        self._askers: dict[int, Callable[[Answer], None]] = {}
        self._last_asker = 0
        self._last_number = 0
        self._to_ask: list[Ask] = []
        self._idle = asyncio.Event()
        self._to_flush: set[Session] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self.pair = pair
        self.peer: PeerFacts | None = None
        self.peer_known: PeerFacts | None = None
        self.throttles: Final = Throttles(limits.SEND_BURST)
        self.search_throttles: Final = Throttles(limits.SEARCH_BURST)
        self.presence: Final = Presence()
        self.delivery = self._make_delivery(position)
        self.announcements: Final = Announcements(self)
        self.receipts: Final = Receipts(self, marking_device or secrets.token_hex(16))
        self.typists: Final = Typists(self)
        self.readings: Final = Readings()
        self.searches: Final = Searches(self, index)
        self.password_checks: Final = PasswordChecks(self)
        self.goodbyes: Final = Goodbyes(self)
        self.sightings: Final = Sightings(self)
        self.files: Final = FileStore(blobs, self.now) if blobs is not None else None
        self._broom = Broom(self, self.files) if self.files is not None else None
        self._file_check = FileCheck(self, self.files) if self.files is not None else None
        self.call_later(_HOUSEKEEPING_EVERY_S, self._keep_house)

    def _make_delivery(self, position: Position) -> Delivery:
        engine, reader = self.engine, self.store
        return Delivery(
            position,
            state=lambda: engine.state,
            read_store=lambda audiences, cursor, last: missed_frames(
                reader, engine.state, audiences, cursor, last
            ),
            durable_end=reader.derived_index,
            is_leader=lambda: self.pair.role == "leader",
            log_end=lambda: engine.known_end if is_level(self.pair) else None,
            now=self.now,
        )

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

    @property
    def send_rate_per_s(self) -> float:
        """What a new connection may have archived a second: as administrators set it, else as configured."""
        rate = self.state.settings.send_rate_per_s
        return self._send_rate_per_s if rate is None else rate

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

    def next_number(self) -> int:
        """The number of a new connection, from 1."""
        self._last_number += 1
        return self._last_number

    def enter(self, session: Session) -> None:
        """A client connected."""
        self.sessions.add(session)

    def leave(self, session: Session, asked: Iterable[int]) -> None:
        """A client is gone; what it asked for goes on, but nobody waits for the answer."""
        self.presence.free_place(session)
        if session.user is not None:
            self.presence.disconnect(session.user.id)
        self.sessions.discard(session)
        self._to_flush.discard(session)
        self.announcements.forget(session)
        self.goodbyes.forget(session)
        self.typists.forget(session)
        for asker in asked:
            self._askers.pop(asker, None)

    def ask(self, draft: Draft, answered: Callable[[Answer], None], connection: int = 0) -> int:
        """Have something archived, of a connection or of none (0); `answered` is called once, later."""
        self._last_asker += 1
        self._askers[self._last_asker] = answered
        # The engine is woken at the end of this turn, with all that came in it: it works in batches.
        self._to_ask.append(Ask(draft, self._last_asker, connection))
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

    def servers(self) -> list[ServerFacts]:
        """Both servers, in the order of addresses."""
        own = self.own_facts()
        found = [ServerFacts(own.name, own.address, own.role, own.users)]
        if self.peer is not None:
            peer = self.peer
            found.append(ServerFacts(peer.name, peer.address, peer.role, peer.users))
        elif self.peer_known is not None:
            known = self.peer_known
            found.append(ServerFacts(known.name, known.address, "away"))
        return found if self.facts.is_first else found[::-1]

    def flush_later(self, session: Session) -> None:
        """Something was told: it leaves at the end of this turn."""
        self._to_flush.add(session)

    def flush_all(self) -> None:
        """The end of a turn: its questions for the engine, one write for each session told something."""
        if self._to_ask:
            self.engine.put(*self._to_ask)
            self._to_ask = []
        while self._to_flush:
            self._to_flush.pop().flush()

    # --- news

    def deliver(self, output: Output) -> None:
        """What a round of the engine brought."""
        if output.position is not None:
            is_cut = output.position.index < self.delivery.position.index
            self.goodbyes.recheck_people(is_cut=is_cut)
            self.delivery.publish(output.published, output.position)
            self.receipts.merged()
        for answer in output.answers:
            answered = self._askers.pop(answer.asker, None)
            if answered is not None:
                answered(answer)
        if not self._askers:
            self._idle.set()
        if any(item.told.signs_out for item in output.published):
            # Behind the answers: who asked for it is told first.
            self.goodbyes.send_away_signed_out()
        if output.copies_index is not None:
            self.announcements.copies_raised(output.copies_index)
        if output.pair is not None:
            self.pair = output.pair
            if not self.pair.is_merging:
                self.delivery.settle()
            self.announcements.servers_changed()
            self.goodbyes.send_away()
        if output.marked:
            self.receipts.raised(output.marked)
        if output.published and any(item.told.joined or item.told.left for item in output.published):
            self.announcements.people_changed()
        self.flush_all()

    def hear_peer(self, facts: PeerNews | None) -> None:
        """The other server told about itself; None: it is away."""
        if isinstance(facts, PeerTyping):
            self.typists.hear(facts)
            return
        if isinstance(facts, PeerOnline):
            self.presence.hear(facts.users)
        else:
            self.peer = facts
            self.peer_known = facts or self.peer_known
            if facts is None:
                self.presence.hear(())
            self.announcements.servers_changed()
            self.goodbyes.send_away()
        self.announcements.people_changed()
        self.flush_all()

    def remember_peer(self, name: str, address: str) -> None:
        """Where the other server was when it was last met."""
        self.peer_known = PeerFacts(name, address, "away", 0)

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
        self.searches.stop()
        self.password_checks.stop()
        if self.files is not None:
            self.files.stop()

    def _keep_house(self) -> None:
        now = self.now()
        for session in list(self.sessions):
            check_times(session, now)
        self.delivery.verify_ahead()
        self.sightings.look()
        self.flush_all()
        self.call_later(_HOUSEKEEPING_EVERY_S, self._keep_house)

    def own_facts(self) -> PeerFacts:
        """What the other server must know about this one."""
        return PeerFacts(
            name=self.facts.name,
            address=self.facts.address,
            role=self.pair.role,
            users=self.presence.users_here,
        )
