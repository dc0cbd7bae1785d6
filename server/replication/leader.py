"""The leader: gives records their place, streams them, and knows what is committed.

The rule of the commit is the last epoch record: of one member, synced here; of two, synced here and
confirmed there. A record of two rules from the moment it is written (the stricter rule first), a
record of one only when it is durable; until then the older rule stands.

A strict leader opens epochs of two only, the first one too: nothing of it is committed before the
other server has it and all before it. When it loses the other one it leads no more.
"""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from server.archive.record import Draft, Record, epoch_draft
from server.replication import steps
from server.replication.messages import Append, Confirm, Forward, Match, Message
from server.replication.recovering import Recovering

if TYPE_CHECKING:
    from server.replication.replica import Replica


@dataclass(slots=True)
class _OnItsWay:
    """An `Append` that the follower has not confirmed; `at` is when it was sent (s)."""

    last_index: int
    at: float
    size_bytes: int


class Leader:
    """Solo at first; dual when the follower is level. A strict one is dual or does not lead."""

    name: Final = "leader"
    is_behind: Final = False
    met_end: Final = 0

    def __init__(self, replica: "Replica") -> None:
        self._replica = replica
        self.epoch = replica.new_epoch()
        self._first_index = replica.log.last_index + 1
        # The follower's progress on this link; next_index 0: not matched yet.
        self._next_index = 0
        self._confirmed = 0
        self._sent_commit = 0
        self._is_loading = False
        self._loaded: list[Record] = []
        self._unconfirmed: deque[_OnItsWay] = deque()
        self._in_flight_bytes = 0
        self._quick_since = -replica.settings.quick_s
        self._copies = 0
        self._open_epoch((replica.me, replica.peer) if replica.settings.strict else (replica.me,))

    @property
    def mode(self) -> str:
        """solo or dual, by the last epoch record; waiting until the first one is durable.

        For a strict leader that is: durable at the follower, too.
        """
        is_short = self._replica.settings.strict and self._confirmed < self._first_index
        if not self.is_serving or is_short:
            return "waiting"
        return "dual" if self.is_dual else "solo"

    @property
    def is_serving(self) -> bool:
        """Whether the first epoch record of this lead is durable: nothing is served before."""
        return self._replica.durable >= self._first_index

    @property
    def has_caught_up(self) -> bool:
        """A leader's log is the measure."""
        return self.is_serving

    @property
    def is_dual(self) -> bool:
        """Whether the last epoch record names both servers."""
        return len(self._replica.log.members) == 2

    @property
    def confirmed(self) -> int:
        """How far the follower has synced, as it said on this link."""
        return self._confirmed

    # --- inputs

    def propose(self, drafts: tuple[Draft, ...]) -> None:
        """Append requests behind the log."""
        self._replica.append_drafts(drafts, self.epoch)

    def receive(self, message: Message) -> None:
        """What a follower says."""
        replica = self._replica
        if isinstance(message, Match):
            if replica.log.hash_at(message.index) != message.hash:
                replica.raise_alarm("damaged_link")
                replica.drop_link("damaged_link")
                return
            self._next_index = message.index + 1
            self._confirmed = min(message.durable, message.index)
            self._sent_commit = 0
        elif isinstance(message, Confirm) and self._next_index:
            self._confirmed = max(self._confirmed, min(message.durable, self._next_index - 1))
            while self._unconfirmed and self._unconfirmed[0].last_index <= self._confirmed:
                self._in_flight_bytes -= self._unconfirmed.popleft().size_bytes
        elif isinstance(message, Forward):
            replica.emit(steps.Forwarded(message.draft))

    def loaded(self, records: tuple[Record, ...]) -> None:
        """Old records for a follower that is far behind."""
        self._is_loading = False
        if not self._next_index or not records or records[0].index != self._next_index:
            return
        # An earlier lead may have asked, and what it asked for may have been cut since.
        if self._replica.log.hash_at(records[-1].index) == records[-1].hash:
            self._loaded = list(records)

    def link_down(self) -> None:
        """The follower's progress must be told anew."""
        self._next_index = 0
        self._confirmed = 0
        self._loaded = []
        self._unconfirmed.clear()
        self._in_flight_bytes = 0

    def peer_died(self) -> None:
        """Go on alone at once; a strict server waits until the other one is back."""
        replica = self._replica
        if replica.settings.strict:
            replica.drop_link("silence")
            replica.role = Recovering(replica, since=replica.now, may_lead_at_once=False)
        elif self.is_dual:
            self._open_epoch((replica.me,))

    def peer_replaced(self) -> None:
        """The new one has nothing yet, and counts when it is level."""
        self.link_down()
        self._copies = 0
        self.peer_died()

    def tick(self) -> None:
        """Leave dual when the follower is silent or slow; enter it when it is level."""
        replica = self._replica
        if replica.link.is_silent(replica.now, replica.settings.silence_s):
            replica.drop_link("silence")
            self.peer_died()
        elif self._is_slow():
            self._quick_since = replica.now
            if replica.settings.strict:
                replica.raise_alarm("slow_strict_peer")
            elif self.is_dual:
                replica.raise_alarm("slow_peer")
                self._open_epoch((replica.me,))
        elif replica.alarm == "slow_strict_peer" and self._is_quick:
            replica.raise_alarm("")

    def forgive(self, gap_s: float) -> None:
        """A pause of this process does not make the follower slow."""
        for sent in self._unconfirmed:
            sent.at = min(self._replica.now, sent.at + gap_s)

    def settle(self) -> None:
        """After every step: commit what the rule allows, stream what is new."""
        # Before the rule changes: what counts under the one of now need not wait for the other server.
        self._commit()
        self._enter_dual()
        self._stream()

    # --- epochs and members

    def _open_epoch(self, members: tuple[str, ...]) -> None:
        replica = self._replica
        self.epoch = replica.new_epoch()
        replica.append_drafts((epoch_draft(self.epoch, members, replica.time_ms),), self.epoch)

    def _enter_dual(self) -> None:
        replica = self._replica
        lag = replica.log.last_index - self._confirmed
        if (
            self._next_index
            and not self.is_dual
            and lag <= replica.settings.level_records
            and self.is_serving
            and self._is_quick
        ):
            self._open_epoch((replica.me, replica.peer))
            replica.raise_alarm("")

    @property
    def _is_quick(self) -> bool:
        """Whether the follower was not slow for so long that it counts."""
        return self._replica.now - self._quick_since >= self._replica.settings.quick_s

    def _is_slow(self) -> bool:
        limit_s = self._replica.settings.confirm_s
        return bool(self._unconfirmed) and self._replica.now - self._unconfirmed[0].at > limit_s

    # --- commit

    def _commit(self) -> None:
        replica = self._replica
        copies = min(self._confirmed, replica.durable)
        if copies > self._copies:
            self._copies = copies
            replica.emit(steps.CopiesKnown(copies))
        replica.advance_commit(self._committed_index())

    def _committed_index(self) -> int:
        """The rule. Nothing counts before the first epoch record of this lead is durable."""
        replica = self._replica
        if not self.is_serving:
            return 0
        last = replica.log.spans[-1]
        both = min(replica.durable, self._confirmed)
        if len(last.members) == 2:
            return both
        if replica.durable >= last.first_index:
            return replica.durable
        # The step down to one member is not durable yet: the rule before it, up to before it.
        before = replica.log.spans[-2] if len(replica.log.spans) > 1 else last
        return both if len(before.members) == 2 else min(replica.durable, last.first_index - 1)

    # --- the stream to the follower

    def _stream(self) -> None:
        replica = self._replica
        if not self._next_index or not replica.link.is_greeted:
            return
        while self._next_index <= replica.log.last_index:
            if self._in_flight_bytes > replica.settings.in_flight_bytes:
                break
            records = self._next_records()
            if not records:
                break
            self._next_index = records[-1].index + 1
            size_bytes = sum(record.size_bytes for record in records)
            self._unconfirmed.append(_OnItsWay(records[-1].index, replica.now, size_bytes))
            self._in_flight_bytes += size_bytes
            self._send(tuple(records))
        if replica.commit > self._sent_commit:
            self._send(())

    def _next_records(self) -> list[Record]:
        replica = self._replica
        if self._loaded:
            records, self._loaded = self._loaded, []
            return records
        if self._next_index < replica.log.first_cached_index:
            if not self._is_loading:
                self._is_loading = True
                replica.emit(steps.Load(self._next_index, replica.settings.append_bytes))
            return []
        return replica.log.cached(self._next_index, replica.settings.append_bytes)

    def _send(self, records: tuple[Record, ...]) -> None:
        replica = self._replica
        self._sent_commit = replica.commit
        packed = tuple(record.packed for record in records)
        replica.send(Append(replica.link.their_session, packed, replica.commit))
