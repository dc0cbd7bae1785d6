"""The follower: takes the leader's records, confirms what it synced, promotes itself."""

from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.record import DamagedRecordError, Draft, Record
from server.replication import steps
from server.replication.messages import (
    EPOCH_COUNTER_MAX,
    Append,
    Confirm,
    Forward,
    Hello,
    Match,
    Message,
    Refuse,
)
from server.replication.recovering import Recovering

if TYPE_CHECKING:
    from server.replication.replica import Replica


class Follower:
    """A member counts in commits and may promote itself; a learner does neither."""

    name: Final = "follower"

    def __init__(self, replica: "Replica", leader: Hello, fork: int) -> None:
        """`fork` is the last index that both logs share."""
        self._replica = replica
        self._leader = leader
        self._was_behind = leader.last_index - fork > replica.settings.behind_records
        self._confirmed = 0
        self._leader_commit = 0
        self._copies = 0
        self.is_serving = False

    @property
    def is_member(self) -> bool:
        """Whether the log itself says that this server counts: then all that counts is in it.

        Not while it ends in an older epoch than the leader's: that one may have let us go since,
        and acknowledged alone what is still on its way here. (A server that did not lead when it
        said hello opened an epoch of its own right after.)
        """
        log, spans = self._replica.log, self._leader.spans
        if not self._replica.may_lead_alone:
            # It was a member, and has lost a part of what made it one.
            return False
        if spans and (
            log.epoch < spans[-1].epoch or (log.epoch == spans[-1].epoch and not self._leader.is_leader)
        ):
            return False
        return self._replica.me in log.members

    @property
    def is_behind(self) -> bool:
        """Whether there is so much to learn, until it is learned, that people are better served elsewhere."""
        return self._was_behind and self._replica.commit < self._leader.last_index

    @property
    def has_caught_up(self) -> bool:
        """Whether all that the leader had at the handshake is committed here."""
        return self.is_serving and self._replica.commit >= self._leader.last_index

    @property
    def met_end(self) -> int:
        """Where the leader's log ended at the handshake."""
        return self._leader.last_index

    @property
    def mode(self) -> str:
        """As the leader's last epoch says; waiting while there is no link to it."""
        if not self.is_serving:
            return "waiting"
        return "dual" if self.is_member else "solo"

    def offer_match(self) -> None:
        """Tell the leader up to where both logs are equal (all of this one, after a cut)."""
        replica = self._replica
        replica.send(
            Match(
                session=replica.link.their_session,
                index=replica.log.last_index,
                hash=replica.log.last_hash,
                durable=replica.durable,
            )
        )

    def receive(self, message: Message) -> None:
        """Records, a commit, or the refusal of something forwarded."""
        if isinstance(message, Append):
            self._take(message)
        elif isinstance(message, Refuse):
            _, *refused = msgspec.structs.astuple(message)
            self._replica.emit(steps.RefusedByLeader(*refused))

    def _take(self, message: Append) -> None:
        replica = self._replica
        taken: list[Record] = []
        try:
            for packed in message.records:
                record = Record(packed)
                if record.header.epoch.counter > EPOCH_COUNTER_MAX:
                    raise DamagedRecordError(f"record {record.index} is of an impossible epoch")
                replica.log.append(record)
                taken.append(record)
        finally:
            # Also when a later one does not fit: log and disk must never differ.
            if taken:
                replica.persist(tuple(taken))
        self._leader_commit = max(self._leader_commit, message.commit)
        # The leader speaks in this session: it knows this log and will take what is forwarded.
        self.is_serving = True

    def propose(self, drafts: tuple[Draft, ...]) -> None:
        """Hand requests to the leader."""
        for draft in drafts:
            self._replica.send(Forward(self._replica.link.their_session, draft))

    def settle(self) -> None:
        """Confirm what is synced now, and follow the leader's commit as far as the own disk."""
        replica = self._replica
        is_lacking = not replica.may_lead_alone or replica.alarm == "may_lack_messages"
        if is_lacking and replica.durable >= self._leader.last_index:
            # All that the leader had when we met: it has nothing more of what was lost, or never came, here.
            replica.may_lead_alone = True
            replica.raise_alarm("")
        if replica.link.is_greeted and replica.durable > self._confirmed:
            self._confirmed = replica.durable
            replica.send(Confirm(replica.link.their_session, replica.durable))
        committed = min(self._leader_commit, replica.durable)
        if committed > self._copies:
            # What the leader committed is on its disk, and it is on this one.
            self._copies = committed
            replica.emit(steps.CopiesKnown(committed))
        replica.advance_commit(committed)

    def tick(self) -> None:
        """Promote on silence."""
        if self._replica.link.is_silent(self._replica.now, self._replica.settings.silence_s):
            self.peer_died()

    def peer_died(self) -> None:
        """The leader is dead or as good as dead: take over, or wait for one that has more."""
        replica = self._replica
        replica.drop_link("silence")
        if self.is_member and not replica.settings.strict:
            replica.lead()
        else:
            replica.role = Recovering(replica, since=replica.now, may_lead_at_once=False)

    def peer_replaced(self) -> None:
        """The leader is gone for good, and what this server has is all that there is."""
        self.link_down()
        self.peer_died()

    def link_down(self) -> None:
        """What was forwarded is forwarded again over the next link."""
        self.is_serving = False
        self._confirmed = 0

    def forgive(self, gap_s: float) -> None:
        """Silence is measured by the link."""

    def loaded(self, records: tuple[Record, ...]) -> None:
        """A leader's load that came too late."""
