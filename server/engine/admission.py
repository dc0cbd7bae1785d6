"""The way of a request into the log: answered, judged and proposed, handed on, or held back (pure).

The one judge is the leader: a follower hands requests on unjudged, for its state may be a moment
behind what its client has seen elsewhere. So may a leader's be, behind its own log: it refuses for good
only by what it had in the log. What cannot be proposed at the moment waits in order.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from server.archive.record import Draft, Record
from server.engine.answers import Answers
from server.engine.archived import Archived
from server.engine.deferred import Deferred, DeferredRequests
from server.engine.pending import Pending, TurnedAway
from server.engine.resubmission import Resubmission
from server.engine.round import Ask
from server.protocol.errors import Refusal
from server.replication import steps
from server.replication.leader import Leader
from server.replication.log import WHOLE
from server.replication.replica import Replica
from server.state.fold import judge_draft

Identity = tuple[str, int]


class Admission:
    """What waits for its place in the log. After every call `take_proposals` may have something."""

    def __init__(
        self, replica: Replica, archived: Archived, answers: Answers, resubmission: Resubmission
    ) -> None:
        self._replica: Final = replica
        self._archived: Final = archived
        self._answers: Final = answers
        self._resubmission: Final = resubmission
        self.is_disk_full = False
        self._turned_away = TurnedAway()
        # In the log, or about to be, and not judged by the fold yet; in the order of the log.
        self._uncommitted: dict[Identity, None] = {}
        self._deferred: Final = DeferredRequests()
        self._forwards: deque[Draft] = deque()
        self._refused_forwards: list[steps.RefuseForwarded] = []
        self._proposals: list[Draft] = []
        self.recall_tail()

    # --- what comes in

    def ask(self, ask: Ask, now: float) -> None:
        """A client of this server asks."""
        is_crowded = self._answers.pending.is_full
        is_full = self.is_disk_full or is_crowded
        if self._turned_away.turns_away(ask, now, self._is_known, is_full=is_full):
            self._answers.turn_away(ask, Refusal("unknown" if is_crowded else "disk_full"))
            return
        pending = self._answers.pending.add(ask, now)
        if pending and self._replica.is_serving:
            self.admit(pending)

    def forward(self, draft: Draft) -> None:
        """The other server hands a request on."""
        self._forwards.append(draft)
        self.admit_forwards()

    def admit_all(self) -> None:
        """Requests can be proposed (again): all that wait, in their order."""
        self._proposals = []
        self._deferred.clear()
        self._answers.forget_held()
        self._resubmission.begin()
        # What was admitted and never reached the log is admitted anew.
        self.recall_tail()
        for pending in self._answers.pending.all():
            self.admit(pending)
        if not isinstance(self._replica.role, Leader):
            # Whoever leads now is asked again.
            self._forwards.clear()
        self.admit_forwards()

    def resubmit(self, release: Callable[[Identity], None]) -> None:
        """Hand on what a merge took out of the log; then what had to wait for it.

        `release` is told what need not be handed on, for the log holds it already.
        """
        if self._resubmission.is_holding and self._replica.has_caught_up:
            for draft in self._resubmission.next_drafts():
                if self._archived.is_answered(draft):
                    self._resubmission.judged(draft.id)
                    release(draft.id)
                elif isinstance(self._replica.role, Leader):
                    self._forwards.append(draft)
                else:
                    self._proposals.append(draft)
        self.admit_forwards()
        if self._replica.is_serving:
            for pending in filter(self._answers.pending.waits, self._resubmission.freed()):
                self.admit(pending)

    def look_again(self) -> None:
        """Judge for good what was deferred until now."""
        if not self._replica.is_serving or not isinstance(self._replica.role, Leader):
            return
        for line in self._deferred.lines():
            proposed: Identity | None = None
            while line and line[0].after not in self._uncommitted:
                asked = line[0]
                refusal = None if self._is_settled(asked) else self._judge(asked.draft)
                if refusal is not None and proposed is not None:
                    break
                line.popleft()
                if refusal is not None:
                    self._refuse(asked, refusal)
                elif asked.draft.id in self._uncommitted:
                    proposed = asked.draft.id
            if line and proposed is not None:
                # What its device asked before it went into the log just now.
                line[0].after = proposed

    # --- where it goes

    def admit(self, pending: Pending) -> None:
        """Propose (leader), or hand on (follower), unless it stands in the log already."""
        draft = pending.draft
        if self._resubmission.is_filling:
            self._resubmission.hold(pending)
        elif self._archived.is_answered(draft):
            self.answer_from_archive(pending)
        elif draft.origin is not None and draft.id in self._uncommitted:
            # What is in the log may turn out void: then this one counts, which another server had accepted.
            self._resubmission.hold(pending)
        elif draft.id in self._uncommitted:
            return  # The fold answers: for this one, or for the other thing that this id was used for.
        elif self._resubmission.holds(draft):
            self._resubmission.hold(pending)
        elif isinstance(self._replica.role, Leader):
            self._decide(Deferred(draft, pending))
        else:
            self._proposals.append(draft)

    def answer_from_archive(self, pending: Pending) -> None:
        """The archive knows what became of it."""
        self._answers.give(pending, self._archived.verdict_on(pending.draft, pending.digest))

    def admit_forwards(self) -> None:
        """What the other server hands on, in order.

        What a merge brings waits for the verdict on a record of the same id that is in the log already.
        """
        while self._forwards and self._replica.is_serving:
            draft = self._forwards[0]
            if draft.origin is not None and draft.id in self._uncommitted:
                return
            self._admit_forwarded(self._forwards.popleft())

    def _admit_forwarded(self, draft: Draft) -> None:
        """The same for a request of the other server's client; it answers from its own fold."""
        if not self._archived.is_answered(draft) and draft.id not in self._uncommitted:
            self._decide(Deferred(draft, session=self._replica.link.session))

    def _decide(self, asked: Deferred) -> None:
        """Have it proposed, or refuse it: not by less than the log holds, and in its device's order."""
        is_behind = self._deferred.holds(asked.draft)
        refusal = None if is_behind else self._judge(asked.draft)
        if is_behind or (refusal is not None and self._uncommitted):
            self._deferred.hold(asked, next(reversed(self._uncommitted), None))
        elif refusal is not None:
            self._refuse(asked, refusal)

    def _is_settled(self, asked: Deferred) -> bool:
        """Whether what was deferred needs no verdict any more."""
        draft, pending = asked.draft, asked.pending
        if pending is None and asked.session != self._replica.link.session:
            # The other server forwards it again, over the link of now; or it was answered elsewhere.
            return True
        if pending is not None and not self._answers.pending.waits(pending):
            return True
        if pending is not None and self._archived.is_answered(draft):
            self.answer_from_archive(pending)
        return self._archived.is_answered(draft) or draft.id in self._uncommitted

    def _refuse(self, asked: Deferred, refusal: Refusal) -> None:
        """Whoever asked is told, here or at the other server."""
        draft = asked.draft
        if asked.pending is not None:
            self._answers.give(asked.pending, refusal)
        else:
            refused = steps.RefuseForwarded(*draft.id, draft.digest, refusal.code, refusal.arguments)
            self._refused_forwards.append(refused)

    def _judge(self, draft: Draft) -> Refusal | None:
        """Have it proposed with this round, or say why not. What was accepted once, the fold alone judges."""
        refusal = None if draft.origin is not None else judge_draft(self._archived.state, draft)
        if refusal is None:
            self._uncommitted[draft.id] = None
            self._proposals.append(draft)
        return refusal

    def _is_known(self, identity: Identity) -> bool:
        """Whether something of this id is archived, under way, or waiting."""
        is_asked = identity in self._uncommitted or bool(self._answers.pending.under(identity))
        return is_asked or self._archived.state.has_seen(*identity)

    # --- what the log has

    def appended(self, records: Iterable[Record]) -> None:
        """These stand in the log now, and wait for their commit."""
        self._uncommitted.update(_requests(records))

    def judged(self, record: Record) -> None:
        """This one has its verdict."""
        self._uncommitted.pop(record.id, None)

    def recall_tail(self) -> None:
        """Only what the log holds behind the fold is under way."""
        tail = self._replica.log.cached(self._archived.state.index + 1, WHOLE)
        self._uncommitted = _requests(tail)

    # --- what goes out

    def take_proposals(self) -> tuple[Draft, ...]:
        """What is to be proposed, or handed to the leader, in one batch."""
        if not self._replica.is_serving:
            return ()
        proposals, self._proposals = tuple(self._proposals), []
        return proposals

    def take_refused(self) -> list[steps.RefuseForwarded]:
        """What the other server has to tell its clients."""
        refused, self._refused_forwards = self._refused_forwards, []
        return refused


def _requests(records: Iterable[Record]) -> dict[Identity, None]:
    """What was asked for; the record of an epoch changes no verdict."""
    return {record.id: None for record in records if not record.is_epoch}
