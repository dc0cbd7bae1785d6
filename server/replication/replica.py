"""The replica: one server's part in the pair, as `step(input) -> effects`.

States and their transitions (the docs draw the diagram from `TRANSITIONS`):

* recovering: just started, or left by a leader that had more. Waits for the peer, leads alone
  after `boot_wait_s`, or at once when its log ends in its own solo epoch; a strict server, or one
  that was told to wait, leads after a handshake only.
* follower: takes the leader's records. A member may promote itself, a learner may not.
* leader: the only one that gives records their place. Dual or solo, by the last epoch record.

Obligations of the caller: carry out the effects in order; no `SendToPeer` that stands behind a
`Persist` may be held back until it is synced (the core itself waits where a promise is made);
answer every `Persist` and `Load`; call with a `Tick` at least every 50 ms; hand in `now` from a
monotonic clock.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from server.archive.record import DamagedRecordError, Draft, Epoch, Record
from server.replication import steps
from server.replication.failover import fork_index, must_keep, wins
from server.replication.follower import Follower
from server.replication.leader import Leader
from server.replication.link import Link
from server.replication.log import WHOLE, Log
from server.replication.messages import EPOCH_COUNTER_MAX, Hello, Message, Refuse
from server.replication.recovering import Recovering
from server.replication.settings import Settings

TRANSITIONS: Final[tuple[tuple[str, str, str], ...]] = (
    ("recovering", "leader", "no peer in time, or the own log ends in an own solo epoch"),
    ("recovering", "leader", "both meet, and the own log wins"),
    ("recovering", "follower", "both meet, and the peer's log wins"),
    ("follower", "leader", "a member whose leader died or fell silent"),
    ("follower", "recovering", "a learner, or a strict server, whose leader died or fell silent"),
    ("leader", "follower", "both meet, and the peer's log wins"),
    ("leader", "recovering", "a strict server whose follower died or fell silent"),
)


class Replica:
    """The core of one server. `peer` is the other's id, or "" for a server without one."""

    def __init__(
        self,
        *,
        me: str,
        peer: str,
        cluster: str,
        log: Log,
        commit: int,
        settings: Settings,
        make_nonce: Callable[[], str],
        may_lead_at_once: bool,
        is_founder: bool,
        now: float,
        may_lead_alone: bool = True,
    ) -> None:
        self.me: Final = me
        self.peer = peer
        self.cluster: Final = cluster
        self.settings: Final = settings
        self.log: Final = log
        self.commit = commit
        self.durable = log.last_index
        self.make_nonce: Final = make_nonce
        self.now = now
        self.time_ms = 0
        self.link = Link(heard_at=now)
        self.alarm = ""
        self.role: Recovering | Follower | Leader = Recovering(
            self, since=now, may_lead_at_once=may_lead_at_once
        )
        self._effects: list[steps.Effect] = []
        self._tickets: dict[int, int] = {}
        self._last_ticket = 0
        self._last_tick = now
        self._is_halted = False
        # The highest epoch that the peer told of; it may have been cut there since.
        self._met_counter = 0
        self._is_founder: Final = is_founder
        # False: this disk has less than it once confirmed, until it was refilled from the peer.
        self.may_lead_alone = may_lead_alone

    @property
    def mode(self) -> str:
        """dual, solo, or waiting (nothing can be acknowledged at the moment)."""
        return self.role.mode

    @property
    def is_serving(self) -> bool:
        """Whether requests can be proposed (leader) or handed to the leader (follower)."""
        return self.role.is_serving

    @property
    def has_caught_up(self) -> bool:
        """Whether all that the leader had when both met is committed here: what is not in it is news."""
        return self.role.has_caught_up

    @property
    def known_end(self) -> int:
        """Where the log ends as far as is known: here, or at the leader when both met. From any thread."""
        return max(self.log.last_index, self.role.met_end)

    def step(self, given: steps.Input, now: float, time_ms: int) -> list[steps.Effect]:
        """Take one input at a monotonic time (s) and wall time (Unix, ms); give the effects."""
        if self._is_halted:
            return []
        self.now, self.time_ms = now, time_ms
        self._dispatch(given)
        self.role.settle()
        effects, self._effects = self._effects, []
        return effects

    def emit(self, effect: steps.Effect) -> None:
        """Let an effect out with this step."""
        self._effects.append(effect)

    def send(self, message: Message) -> None:
        """Send to the peer when a link is up."""
        if self.link.is_up:
            self.emit(steps.SendToPeer(message))

    def halt(self, code: str, **arguments: str | int) -> None:
        """Stop: nothing but a person can help."""
        self._is_halted = True
        self.emit(steps.Halt(code, arguments))

    def raise_alarm(self, code: str) -> None:
        """Tell the administrator once; "" takes it back."""
        if code != self.alarm:
            self.alarm = code
            self.emit(steps.Alarm(code))

    # --- the log

    def append_drafts(self, drafts: tuple[Draft, ...], epoch: Epoch) -> None:
        """Give drafts their place behind the log and have them persisted."""
        self.persist(self.log.extend(drafts, epoch))

    def persist(self, records: tuple[Record, ...], cut_to: int | None = None) -> None:
        """Have the disk follow the log."""
        self._last_ticket += 1
        if cut_to is not None:
            # What is still on its way to the disk behind the cut must not count when it arrives.
            self._tickets = {t: min(index, cut_to) for t, index in self._tickets.items()}
            self.durable = min(self.durable, cut_to)
        self._tickets[self._last_ticket] = self.log.last_index
        self.emit(steps.Persist(self._last_ticket, records, cut_to))

    def advance_commit(self, index: int) -> None:
        """What is committed only grows."""
        if index > self.commit:
            self.commit = index
            self.emit(steps.Committed(index))

    # --- roles

    def lead(self) -> None:
        """Acquire the lead: a new epoch with this server as the only member."""
        # With the peer's consent, or because nothing is missing: either way nobody has more.
        self.may_lead_alone = True
        if self.alarm == "lacks_confirmed":
            self.raise_alarm("")
        self.role = Leader(self)

    def drop_link(self, reason: str) -> None:
        """Close the link; a new one starts with a new handshake."""
        if self.link.is_up:
            self.link = Link(heard_at=self.link.heard_at, heard_us_at=self.link.heard_us_at)
            self.role.link_down()
            self.emit(steps.DropLink(reason))

    def new_epoch(self) -> Epoch:
        """An epoch above all that this log, or the peer's, knows."""
        return Epoch(max(self.log.epoch.counter, self._met_counter) + 1, self.me, self.make_nonce())

    # --- inputs

    def _dispatch(self, given: steps.Input) -> None:
        match given:
            case steps.Received(message):
                self._receive(message)
            case steps.Persisted(ticket):
                self._persisted(ticket)
            case steps.Propose(drafts):
                self.role.propose(drafts)
            case steps.RefuseForwarded() if self.link.is_greeted:
                self.send(Refuse(self.link.their_session, *msgspec.structs.astuple(given)))
            case steps.Loaded(records):
                self.role.loaded(records)
            case steps.LinkUp():
                self._link_up()
            case steps.LinkDown():
                self.link = Link(heard_at=self.link.heard_at, heard_us_at=self.link.heard_us_at)
                self.role.link_down()
            case steps.PeerRefused():
                if not self.link.is_up:
                    self.role.peer_died()
            case steps.PeerReplaced(server):
                self.link = Link(heard_at=self.now)
                self.peer = server
                self.role.peer_replaced()
            case steps.Tick():
                self._tick()

    def _persisted(self, ticket: int) -> None:
        for done in [t for t in self._tickets if t <= ticket]:
            self.durable = max(self.durable, self._tickets.pop(done))

    def _tick(self) -> None:
        gap = self.now - self._last_tick
        self._last_tick = self.now
        if gap > self.settings.pause_s:
            # This process was paused, not the peer: silence is measured from now on.
            self.link.forgive(gap, self.now)
            self.role.forgive(gap)
        self.link.beat(self)
        self.role.tick()

    def _link_up(self) -> None:
        self.link = Link(heard_at=self.now, heard_us_at=self.now, session=self.make_nonce(), is_up=True)
        self.role.link_down()
        self.link.hello = self._facts()
        self.send(self.link.hello)

    def _facts(self) -> Hello:
        return Hello(
            session=self.link.session,
            server=self.me,
            cluster=self.cluster,
            is_leader=isinstance(self.role, Leader),
            is_founder=self._is_founder,
            spans=self.log.newest_spans(),
            last_index=self.log.last_index,
        )

    def _receive(self, message: Message) -> None:
        if isinstance(message, Hello):
            if self.link.their_session:
                # The first one belonged to an older link, and so does the session it named.
                self.drop_link("second_hello")
            elif self.link.is_up:
                self._greet(message)
            return
        if message.session != self.link.session or not self.link.their_session:
            return
        self.link.heard(self.now, message)
        try:
            self.role.receive(message)
        except DamagedRecordError:
            self.raise_alarm("damaged_link")
            self.drop_link("damaged_link")

    # --- the handshake

    def _greet(self, theirs: Hello) -> None:
        if theirs.cluster != self.cluster:
            self._refuse_foreign(theirs)
            return
        if theirs.server == self.me:
            self.halt("same_server_id", server=self.me)
            return
        if theirs.spans and theirs.spans[-1].epoch.counter > EPOCH_COUNTER_MAX:
            self.raise_alarm("damaged_link")
            self.drop_link("damaged_link")
            return
        self.link.their_session = theirs.session
        self.link.heard_at = self.link.heard_us_at = self.now
        if theirs.spans:
            self._met_counter = max(self._met_counter, theirs.spans[-1].epoch.counter)
        if self.alarm in ("waiting_for_peer", "slow_strict_peer"):
            self.raise_alarm("")
        mine = self.link.hello
        assert mine is not None, "a link that is up has said hello"
        if self._is_stale(mine, theirs):
            self.drop_link("stale_hello")
        elif wins(mine, theirs):
            if not isinstance(self.role, Leader):
                self.lead()
        else:
            self._follow(mine, theirs)

    def _refuse_foreign(self, theirs: Hello) -> None:
        if isinstance(self.role, Recovering):
            self.halt("foreign_cluster", mine=self.cluster, theirs=theirs.cluster)
        else:
            self.raise_alarm("foreign_peer")
            self.drop_link("foreign_peer")

    def _is_stale(self, mine: Hello, theirs: Hello) -> bool:
        """Whether something came between our hello and theirs that decides otherwise."""
        now, fork = self._facts(), fork_index(mine, theirs)
        return (
            mine.last_index > now.last_index
            or mine.spans != now.spans
            or must_keep(mine, fork) != must_keep(now, fork)
        )

    def _follow(self, mine: Hello, theirs: Hello) -> None:
        """Go on behind the fork as the peer did; what this server has there is re-submitted later."""
        fork = fork_index(mine, theirs)
        self.role = follower = Follower(self, theirs, fork)
        if not self.may_lead_alone:
            self.raise_alarm("refilling")
        if fork < self.log.last_index:
            uncommitted = self.log.cached(max(self.commit, fork) + 1, WHOLE)
            self.log.cut(fork)
            self.commit = min(self.commit, fork)
            # Before the cut goes to the disk, so that nothing derived from what is cut goes with it.
            self.emit(steps.Rewound(fork, tuple(uncommitted)))
            self.persist((), cut_to=fork)
        follower.offer_match()
