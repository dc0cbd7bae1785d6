"""The engine: owns replica and state; requests in, records out, verdicts back (pure).

Each round takes what waited (requests of clients, messages of the peer, news of the disk), judges
the requests against the committed state, proposes them as one batch, folds what became committed,
and gives out what is to be written, sent, told and answered. It works in batches, never message
by message, so that its cost a message falls when the load rises.

Here the core's effects are carried out; the way of a request into the log is `Admission`, what its
client hears `Answers`.
"""

from typing import Final

from server.archive.record import Record
from server.archive.store import StoreReader, Write
from server.engine.admission import Admission
from server.engine.answers import Answers
from server.engine.archived import Archived, Place
from server.engine.cut import BehindCut, behind_cut, state_without_cut
from server.engine.derived import Derived
from server.engine.pending import refusal_told
from server.engine.resubmission import Resubmission
from server.engine.round import (
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
from server.state.changes import is_to_erase
from server.state.fold import fold
from server.state.rebuild import state_in
from server.state.state import State


class Engine:
    """One server's engine. `handle` is the only way in; nothing else may touch its parts."""

    def __init__(self, replica: Replica, state: State, reader: StoreReader) -> None:
        self.replica: Final = replica
        self._archived: Final = Archived(state, replica.log, reader)
        # An earlier life may have told anybody "one copy" of all that is in the log.
        self._answers: Final = Answers(replica.log.last_index, is_strict=replica.settings.strict)
        self._resubmission: Final = Resubmission(reader)
        self._admission: Final = Admission(replica, self._archived, self._answers, self._resubmission)
        snapshots = (row.index for row in reader.snapshots() if state_in(row.state) is not None)
        self._derived: Final = Derived(state.index, next(snapshots, 0))
        self._output = Output()
        self._served_as: object = None
        self._pair: PairState | None = None
        self._promotions = 0
        self._behind_cut = BehindCut()

    @property
    def state(self) -> State:
        """The folded state: another object after a cut."""
        return self._archived.state

    @property
    def copies_index(self) -> int:
        """Everything up to here is known to be on both disks."""
        return self._answers.copies_index

    def position(self) -> Position:
        """Where the committed log ends."""
        return self._archived.position()

    def handle(self, inputs: list[EngineInput], now: float, time_ms: int) -> Output:
        """One round. `now` is monotonic (s), `time_ms` Unix time."""
        for given in inputs:
            if isinstance(given, Ask):
                self._admission.ask(given, now)
            elif isinstance(given, DiskSpace):
                self._admission.is_disk_full = given.is_full
            elif isinstance(given, Stop):
                self._derived.take_snapshot(self.state)
                self._write(self._derived.write())
            else:
                self._step(given, now, time_ms)
        self._admission.resubmit(self._derived.release)
        self._admission.look_again()
        if proposals := self._admission.take_proposals():
            self._step(steps.Propose(proposals), now, time_ms)
        for refusal in self._admission.take_refused():
            self._step(refusal, now, time_ms)
        self._answers.expire(now)
        if isinstance(inputs[-1], steps.Tick):
            self._resubmission.look(self.state.is_settled)
            self._write(self._derived.write_late(now))
        self._tell_pair()
        output, self._output = self._output, Output()
        output.answers = self._answers.take()
        return output

    def _step(self, given: steps.Input, now: float, time_ms: int) -> None:
        if isinstance(given, steps.PeerReplaced):
            # The new one has nothing yet.
            self._answers.copies_lost()
        if isinstance(given, steps.Persisted):
            self._resubmission.persisted(given.ticket)
        for effect in self.replica.step(given, now, time_ms):
            self._carry_out(effect)
        served_as = self.replica.role if self.replica.is_serving else None
        if served_as is not self._served_as:
            self._served_as = served_as
            if served_as is not None:
                self._promotions += isinstance(served_as, Leader)
                self._admission.admit_all()
        for refusal in self._admission.take_refused():
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
                self._admission.forward(draft)
            case steps.RefusedByLeader():
                self._refused_by_leader(effect)
            case steps.Halt():
                self._output.halt = effect
            case steps.Alarm():
                pass  # Told with the state of the pair at the end of the round.

    # --- the log

    def _persist(self, effect: steps.Persist) -> None:
        self._admission.appended(effect.records)
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
        self._admission.judged(record)
        if self._resubmission.is_open:
            self._resubmission.judged(record.id)
            if self.state.is_settled(*record.id):
                self._derived.release(record.id)
        if is_to_erase(self.state, record):
            self._derived.erase(record.index)
        if outcome.marked is not None:
            self._output.marked.update(outcome.marked.users)
        told = outcome.told
        if told is not None:
            self._derived.add(told.rows(record.index))
            self._output.published.append(Published(record, told))
        for pending in self._answers.pending.under(record.id):
            if outcome.refusal and pending.draft.origin and record.header.origin is None:
                continue  # It takes the place of this void one.
            if pending.digest != record.header.digest:
                reused = Refusal("id_reuse", {"counter": record.header.counter})
                self._answers.give(pending, reused)
            else:
                place = Place(record.index, told.number if told else 0)
                self._answers.give(pending, outcome.refusal or place)

    def _rewind(self, index: int, uncommitted: tuple[Record, ...]) -> None:
        """The log was cut: neither state, nor tables, nor what is about to be told may reach behind."""
        before = state_without_cut(self.state, uncommitted, self._archived.records, index)
        self._output.published = [item for item in self._output.published if item.record.index <= index]
        self._answers.rewind(index)
        self._derived.rewind(index)
        if self.state.index > index:
            self._archived.rewind(index)
            self._output.position = self.position()
        self._behind_cut = behind_cut(before, self.state)
        self._admission.recall_tail()

    def _write(self, write: Write | None) -> None:
        if write is not None:
            self._output.writes.append((0, write))

    # --- what is known of the other server

    def _know_copies(self, index: int) -> None:
        if self._answers.know_copies(index):
            self._output.copies_index = self.copies_index
        for pending in self._answers.freed():
            self._admission.answer_from_archive(pending)

    def _refused_by_leader(self, refused: steps.RefusedByLeader) -> None:
        for pending in self._answers.pending.under((refused.device, refused.counter)):
            if pending.digest == refused.digest:
                self._answers.give(pending, refusal_told(refused))
                return

    def _tell_pair(self) -> None:
        replica = self.replica
        alarm = replica.alarm or ("merging" if self._resubmission.is_open else "")
        pair = PairState(
            role=replica.role.name,
            mode=replica.mode,
            epoch=str(replica.log.epoch),
            alarm="disk_full" if self._admission.is_disk_full else alarm,
            promotions=self._promotions,
            is_behind=replica.role.is_behind,
            is_merging=self._resubmission.is_open,
        )
        if pair == self._pair:
            return
        if self._pair is not None and self._pair.mode == "dual":
            # The peer is lost: a cut at its return goes back to here at the most.
            self._derived.take_snapshot(self.state)
        self._pair = self._output.pair = pair
