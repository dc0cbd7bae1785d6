"""The engine: owns replica and state; requests in, records out, verdicts back (pure).

Each round takes what waited (requests of clients, messages of the peer, news of the disk), judges
the requests against the committed state, proposes them as one batch, folds what became committed,
and gives out what is to be written, sent, told and answered. It works in batches, never message
by message, so that its cost a message falls when the load rises.

The one judge is the leader: a follower hands requests on unjudged, for its state may be a moment
behind what its client has seen elsewhere. What cannot be proposed at the moment waits in order.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from typing import Final

from server.archive.record import Draft, Record
from server.archive.store import StoreReader, TimelineRow, Write
from server.engine.cut import BehindCut, behind_cut, state_without_cut
from server.engine.derived import Derived
from server.engine.pending import Pending, PendingRequests, TurnedAway, refusal_told
from server.engine.resubmission import Resubmission
from server.engine.round import (
    Answer,
    Ask,
    DiskSpace,
    EngineInput,
    Output,
    PairState,
    Position,
    Published,
    Stop,
)
from server.protocol.errors import Refusal
from server.replication import steps
from server.replication.leader import Leader
from server.replication.log import WHOLE
from server.replication.replica import Replica
from server.state.fold import fold, judge_draft
from server.state.rebuild import rebuild
from server.state.state import State


class Engine:
    """One server's engine. `handle` is the only way in; nothing else may touch its parts."""

    def __init__(self, replica: Replica, state: State, reader: StoreReader) -> None:
        self.replica: Final = replica
        self.state = state
        self._reader: Final = reader
        self._output = Output()
        self._pending = PendingRequests()
        self._turned_away = TurnedAway()
        self._uncommitted: set[tuple[str, int]] = set()
        self._forwards: deque[Draft] = deque()
        self._refused_forwards: list[steps.RefuseForwarded] = []
        self._proposals: list[Draft] = []
        self._served_as: object = None
        self._copies_index = 0
        self._held_answers: list[Pending] = []
        # An earlier life may have told anybody "one copy" of all that is in the log.
        self._single_index = replica.log.last_index
        self._derived: Final = Derived(state.index)
        self._pair: PairState | None = None
        self._promotions = 0
        self._is_disk_full = False
        self._resubmission: Final = Resubmission(reader)
        self._behind_cut = BehindCut()
        self._recall_tail()

    @property
    def copies_index(self) -> int:
        """Everything up to here is known to be on both disks."""
        return self._copies_index

    def handle(self, inputs: list[EngineInput], now: float, time_ms: int) -> Output:
        """One round. `now` is monotonic (s), `time_ms` Unix time."""
        for given in inputs:
            if isinstance(given, Ask):
                self._ask(given, now)
            elif isinstance(given, DiskSpace):
                self._is_disk_full = given.is_full
            elif isinstance(given, Stop):
                self._derived.take_snapshot(self.state)
                self._write(self._derived.write())
            else:
                self._step(given, now, time_ms)
        self._resubmit()
        self._propose(now, time_ms)
        self._output.answers.extend(self._pending.expire(now))
        if isinstance(inputs[-1], steps.Tick):
            self._resubmission.look(self.state.is_settled)
            self._write(self._derived.write_late(now))
        self._tell_pair()
        output, self._output = self._output, Output()
        return output

    # --- requests

    def _ask(self, ask: Ask, now: float) -> None:
        is_crowded = self._pending.is_full
        is_full = self._is_disk_full or is_crowded
        if self._turned_away.turns_away(ask.draft, now, self._is_known, is_full=is_full):
            refusal = Refusal("unknown" if is_crowded else "disk_full")
            self._output.answers.append(Answer(ask.asker, *ask.draft.id, refusal=refusal))
            return
        pending = self._pending.add(ask, now)
        if pending and self.replica.is_serving:
            self._admit(pending)

    def _is_known(self, identity: tuple[str, int]) -> bool:
        """Whether something of this id is archived, under way, or waiting."""
        is_asked = identity in self._uncommitted or bool(self._pending.under(identity))
        return is_asked or self.state.has_seen(*identity)

    def _admit(self, pending: Pending) -> None:
        """Propose (leader), or hand on (follower), unless it stands in the log already."""
        draft = pending.draft
        if self._resubmission.is_filling:
            self._resubmission.hold(pending)
        elif self._is_answered(draft):
            self._answer_from_archive(pending)
        elif draft.id in self._uncommitted:
            return  # The fold answers: for this one, or for the other thing that this id was used for.
        elif self._resubmission.holds(draft.device):
            self._resubmission.hold(pending)
        elif isinstance(self.replica.role, Leader):
            refusal = self._judge(draft)
            if refusal is not None:
                self._refuse(pending, refusal)
        else:
            self._proposals.append(draft)

    def _admit_forwards(self) -> None:
        """What the other server hands on, in order.

        What a merge brings waits for the verdict on a record of the same id that is in the log already.
        """
        while self._forwards and self.replica.is_serving:
            draft = self._forwards[0]
            if draft.origin is not None and draft.id in self._uncommitted:
                return
            self._admit_forwarded(self._forwards.popleft())

    def _admit_forwarded(self, draft: Draft) -> None:
        """The same for a request of the other server's client; it answers from its own fold."""
        if not self._is_answered(draft) and draft.id not in self._uncommitted:
            refusal = self._judge(draft)
            if refusal is not None:
                digest = hashlib.sha256(draft.body).digest()
                refused = steps.RefuseForwarded(*draft.id, digest, refusal.code, refusal.arguments)
                self._refused_forwards.append(refused)

    def _is_answered(self, draft: Draft) -> bool:
        """Whether the archive has the verdict on it; one of a merge may still turn a void one."""
        known = self.state.has_seen if draft.origin is None else self.state.is_settled
        return known(draft.device, draft.counter)

    def _judge(self, draft: Draft) -> Refusal | None:
        """Have it proposed with this round, or say why not. What was accepted once, the fold alone judges."""
        refusal = None if draft.origin is not None else judge_draft(self.state, draft)
        if refusal is None:
            self._uncommitted.add(draft.id)
            self._proposals.append(draft)
        return refusal

    def _propose(self, now: float, time_ms: int) -> None:
        if self._proposals and self.replica.is_serving:
            drafts, self._proposals = tuple(self._proposals), []
            self._step(steps.Propose(drafts), now, time_ms)

    def _resubmit(self) -> None:
        """Hand on what a merge took out of the log; then what had to wait for it."""
        if self._resubmission.is_holding and self.replica.has_caught_up:
            for draft in self._resubmission.next_drafts():
                if self.state.is_settled(*draft.id):
                    self._resubmission.judged(draft.id)
                    self._derived.release(draft.id)
                elif isinstance(self.replica.role, Leader):
                    self._forwards.append(draft)
                else:
                    self._proposals.append(draft)
        self._admit_forwards()
        if self.replica.is_serving:
            for pending in filter(self._pending.waits, self._resubmission.freed()):
                self._admit(pending)

    def _admit_all(self) -> None:
        """Requests can be proposed (again): all that wait, in their order."""
        self._proposals, self._held_answers = [], []
        self._resubmission.begin()
        # What was admitted and never reached the log is admitted anew.
        self._recall_tail()
        for pending in self._pending.all():
            self._admit(pending)
        if not isinstance(self.replica.role, Leader):
            # Whoever leads now is asked again.
            self._forwards.clear()
        self._admit_forwards()

    def _answer_from_archive(self, pending: Pending) -> None:
        draft = pending.draft
        index = self._reader.index_of_id(draft.device, draft.counter)
        record = None if index is None else self.replica.log.record(index)
        if record is None or record.id != draft.id:
            # The state has seen it: a table that does not know where is damaged, and no reason to say no.
            raise self._reader.damaged(f"request {draft.counter} of {draft.device} is in no place")
        void = self.state.voids.get(draft.id)
        if record.header.digest != pending.digest:
            self._refuse(pending, Refusal("id_reuse", {"counter": draft.counter}))
        elif void is not None:
            self._refuse(pending, Refusal(void.code, void.arguments))
        else:
            number = self._number_of(record) if record.header.kind == "message" else 0
            self._accept(pending, record.index, number)

    def _number_of(self, message: Record) -> int:
        """The message number of an accepted message; the derived tables may lag behind the fold."""
        known = min(self._reader.derived_index(), message.index)
        since = self._log_records(known + 1, message.index)
        return self._reader.number_at(known) + sum(
            r.header.kind == "message" and r.id not in self.state.voids for r in since
        )

    def _log_records(self, first: int, last: int) -> Iterator[Record]:
        """Records of the log, also those that the disk does not have yet."""
        for index in range(first, last + 1):
            record = self.replica.log.record(index)
            assert record is not None, index
            yield record

    def _accept(self, pending: Pending, index: int, number: int) -> None:
        copies = 2 if index <= self._copies_index else 1
        if copies == 1:
            if self.replica.settings.strict:
                # Asked again, for something that this server does not know to be on both disks yet.
                self._held_answers.append(pending)
                return
            self._single_index = max(self._single_index, index)
        self._output.answers.extend(
            Answer(asker, *pending.draft.id, index=index, number=number, copies=copies)
            for asker in self._pending.settle(pending)
        )

    def _refuse(self, pending: Pending, refusal: Refusal) -> None:
        self._output.answers.extend(
            Answer(asker, *pending.draft.id, refusal=refusal) for asker in self._pending.settle(pending)
        )

    # --- the core

    def _step(self, given: steps.Input, now: float, time_ms: int) -> None:
        if isinstance(given, steps.PeerReplaced):
            # What was on two disks is on one again, until the new one has it.
            self._copies_index = 0
        if isinstance(given, steps.Persisted):
            self._resubmission.persisted(given.ticket)
        for effect in self.replica.step(given, now, time_ms):
            self._carry_out(effect)
        served_as = self.replica.role if self.replica.is_serving else None
        if served_as is not self._served_as:
            self._served_as = served_as
            if served_as is not None:
                self._promotions += isinstance(served_as, Leader)
                self._admit_all()
        refused, self._refused_forwards = self._refused_forwards, []
        for refusal in refused:
            self._step(refusal, now, time_ms)

    def _carry_out(self, effect: steps.Effect) -> None:
        match effect:
            case steps.Persist():
                self._persist(effect)
            case steps.SendToPeer() | steps.DropLink():
                self._output.messages.append(effect)
            case steps.Load():
                self._output.loads.append(effect)
            case steps.Committed(index):
                self._fold_to(index)
            case steps.CopiesKnown(index):
                self._know_copies(index)
            case steps.Rewound(index, uncommitted):
                self._rewind(index, uncommitted)
            case steps.Forwarded(draft):
                self._forwards.append(draft)
                self._admit_forwards()
            case steps.RefusedByLeader():
                self._refused_by_leader(effect)
            case steps.Halt():
                self._output.halt = effect
            case steps.Alarm():
                pass  # Told with the state of the pair at the end of the round.

    def _refused_by_leader(self, refused: steps.RefusedByLeader) -> None:
        for pending in self._pending.under((refused.device, refused.counter)):
            if pending.digest == refused.digest:
                self._refuse(pending, refusal_told(refused))
                return

    def _persist(self, effect: steps.Persist) -> None:
        self._uncommitted.update(record.id for record in effect.records)
        if effect.cut_to is not None:
            self._resubmission.cut(effect.ticket)
        behind, self._behind_cut = self._behind_cut, BehindCut()
        write = self._derived.beside(effect, behind.refused, behind.persons)
        self._output.writes.append((effect.ticket, write))

    def _fold_to(self, index: int) -> None:
        for record in self.replica.log.cached(self.state.index + 1, WHOLE, last=index):
            self._fold(record)
        assert self.state.index == index, (self.state.index, index)
        self._derived.reach(self.state)
        self._output.position = self.position()
        self.replica.log.forget_before(min(index, self.replica.durable))

    def _fold(self, record: Record) -> None:
        outcome = fold(self.state, record)
        self._uncommitted.discard(record.id)
        if self._resubmission.is_open:
            self._resubmission.judged(record.id)
            if self.state.is_settled(*record.id):
                self._derived.release(record.id)
        told = outcome.told
        if told is not None:
            self._derived.add(TimelineRow(record.index, told.audience, told.number))
            self._output.published.append(Published(record, told))
        for pending in self._pending.under(record.id):
            if pending.digest != record.header.digest:
                self._refuse(pending, Refusal("id_reuse", {"counter": record.header.counter}))
            elif outcome.refusal is not None:
                self._refuse(pending, outcome.refusal)
            else:
                self._accept(pending, record.index, told.number if told else 0)

    def _know_copies(self, index: int) -> None:
        was, self._copies_index = self._copies_index, max(self._copies_index, index)
        if self._single_index > was:
            # Somebody was told "one copy" for something that has two now.
            self._output.copies_index = self._copies_index
        held, self._held_answers = self._held_answers, []
        for pending in held:
            self._answer_from_archive(pending)

    def _rewind(self, index: int, uncommitted: tuple[Record, ...]) -> None:
        """The log was cut: what was folded behind the cut is unfolded by folding anew."""
        before = state_without_cut(self.state, uncommitted, self._log_records, index)
        self._unsay(index)
        self._derived.rewind(index)
        self._copies_index = min(self._copies_index, index)
        self._held_answers = []
        if self.state.index > index:
            snapshots = ((row.index, row.state) for row in self._reader.snapshots())
            self.state = rebuild(snapshots, self._log_records, index)
            self._output.position = self.position()
        self._behind_cut = behind_cut(before, self.state)
        self._recall_tail()

    def _unsay(self, index: int) -> None:
        """What this round was about to tell of records behind the cut is not so any more."""
        output = self._output
        output.published = [item for item in output.published if item.record.index <= index]
        output.answers = [
            answer
            if answer.index <= index
            else Answer(answer.asker, answer.device, answer.counter, refusal=Refusal("unknown"))
            for answer in output.answers
        ]

    def _recall_tail(self) -> None:
        tail = self.replica.log.cached(self.state.index + 1, WHOLE)
        self._uncommitted = {record.id for record in tail}

    # --- where it stands

    def position(self) -> Position:
        """Where the committed log ends."""
        epoch = self.replica.log.epoch_at(self.state.index)
        return Position(self.state.index, str(epoch), self.state.number)

    def _write(self, write: Write | None) -> None:
        if write is not None:
            self._output.writes.append((0, write))

    def _tell_pair(self) -> None:
        replica = self.replica
        alarm = replica.alarm or ("merging" if self._resubmission.is_open else "")
        pair = PairState(
            role=replica.role.name,
            mode=replica.mode,
            epoch=str(replica.log.epoch),
            alarm="disk_full" if self._is_disk_full else alarm,
            promotions=self._promotions,
            is_behind=replica.role.is_behind,
        )
        if pair == self._pair:
            return
        if self._pair is not None and self._pair.mode == "dual":
            # The peer is lost: a cut at its return goes back to here at the most.
            self._derived.take_snapshot(self.state)
        self._pair = self._output.pair = pair
