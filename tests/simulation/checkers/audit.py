"""The audit: what must hold at every moment, checked against both durable images at each output.

An acknowledgement that comes before its sync is invisible at the end of a run, so it is looked for
when it leaves the engine.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from server.archive.record import Record
from server.archive.store import StoreReader
from server.engine.round import Answer, EngineInput, Output
from server.replication import steps
from server.replication.messages import Confirm, Heartbeat, Hello, Match
from tests.simulation.history import Answered, History, PromiseError

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.process import Process

# A deadline is seen at the next tick.
_LATE_S: Final = 0.2


class Audit:
    """Sees each output of an engine before anything of it is carried out."""

    def __init__(self, machines: dict[str, "Machine"], history: History, answer_s_max: float) -> None:
        self._history: Final = history
        self._answer_s_max: Final = answer_s_max
        self._machines: Final = machines

    def check(self, process: "Process", inputs: list[EngineInput], output: Output) -> None:
        """All rules that can be seen here."""
        # What a round did before it took the lead does not count as served in it.
        lead_index = process.lead_index
        has_met = False
        for given in inputs:
            if isinstance(given, steps.Received) and isinstance(given.message, Hello):
                has_met, process.other_had = True, given.message.last_index
        if not (output.writes or output.loads or output.has_news):
            # As most rounds: nothing that anybody could see.
            return
        # Who greeted the other one may win over it, also when the connection ends in the same round.
        self._places(process, output, has_met=has_met)
        for message in output.messages:
            if isinstance(message, steps.SendToPeer):
                self._promise(process, message.message)
        self._served(process, output, min(lead_index, process.lead_index))
        for answer in output.answers:
            self._answer(process, answer)
        if output.copies_index is not None:
            self._both(process, output.copies_index)
        replica = process.engine.replica
        if replica.role.name == "leader" and len(replica.log.spans[-1].members) == 2:
            process.both_index = replica.commit
        self._count(process, output)

    def _places(self, process: "Process", output: Output, *, has_met: bool) -> None:
        """One record ever per (epoch, index)."""
        opened: list[Record] = []
        for _, write in output.writes:
            for record in write.records:
                place = str(record.header.epoch), record.index
                hash_there = self._history.places.setdefault(place, record.hash)
                if hash_there != record.hash:
                    raise PromiseError("one record a place", f"{process.name} writes another one at {place}")
                if record.is_epoch and record.header.epoch.server == process.name:
                    opened.append(record)
        if process.engine.replica.role.name != "leader":
            process.lead_index = 0
        elif opened:
            confirmed = process.confirmed_after([write for _, write in output.writes])
            self._opened(process, opened, confirmed, has_met=has_met)

    def _opened(self, process: "Process", opened: list[Record], confirmed: int, *, has_met: bool) -> None:
        """A leader opened epochs: whether it may lead, and whether two count when two are there."""
        replica = process.engine.replica
        is_greeted = replica.link.is_greeted
        if not process.lead_index:
            is_alone = not (is_greeted or has_met)
            process.lead_index = opened[0].index
            self._history.seen["leads"] += 1
            before = [span for span in replica.log.spans if span.first_index < opened[0].index]
            is_member = bool(before) and process.name in before[-1].members
            if process.role == "follower" and is_alone and not is_member:
                raise PromiseError("members promote", f"{process.name} leads and was only a learner")
            had = opened[0].index - 1
            # Who counted beside a leader had all that this one had, and so has who took in all that the other
            # one had when they met: what it lost before, nobody has.
            was_level = (process.role == "follower" and is_member) or had >= process.other_had
            if is_alone and had < confirmed and not was_level:
                what = f"{process.name} leads alone with {had} records and had confirmed {confirmed}"
                raise PromiseError("nobody leads with less", what)
        elif not is_greeted:
            for solo, dual in pairwise(opened):
                if len(dual.members()) == 2 and solo.index == dual.index - 1:
                    # Solo because the peer is lost, and dual again in the same breath.
                    raise PromiseError("dual with a peer", f"{process.name} opens an epoch with nobody")

    def _promise(self, process: "Process", message: object) -> None:
        """No confirmation leaves before the records behind it are durable."""
        if isinstance(message, Confirm | Match | Heartbeat):
            last = self._last_index(process.name)
            if message.durable > last:
                what = f"{process.name} says {message}, its disk ends at {last}"
                raise PromiseError("a promise is durable", what)

    def _served(self, process: "Process", output: Output, lead_index: int) -> None:
        """What is shown is durable here, and so is the epoch it is served in."""
        is_serving = output.published or any(a.refusal is None for a in output.answers)
        if is_serving and lead_index:
            record = self._reader(process.name).record(lead_index)
            if record is None or not record.is_epoch:
                raise PromiseError("an epoch is durable before it serves", f"{process.name} at {lead_index}")
        for _, write in output.writes:
            if write.cut_to is not None:
                self._history.cut(process.world.clock.now, process.name, write.cut_to)
        shown = self._history.shown.setdefault(process.name, {})
        for published in output.published:
            index, digest = published.record.index, published.record.hash
            if shown.setdefault(index, digest) != digest:
                raise PromiseError("what was shown stays", f"{process.name} shows another record at {index}")
            self._on_disk(process.name, index, digest, "shown before committed")

    def _answer(self, process: "Process", answer: Answer) -> None:
        history = self._history
        draft = history.asks.pop(answer.asker)
        now = process.world.clock.now
        history.answered.append(Answered(now, process.name, draft, answer))
        is_told = draft.origin is None
        if is_told and answer.refusal is not None and answer.refusal.code in ("unknown", "not_signed_in"):
            # From here on the device cannot know in which order its requests are archived.
            history.unordered.add(answer.device)
        _, asked_at = process.askers[answer.asker]
        waited_s = now - process.stood_still_s - asked_at
        if waited_s > self._answer_s_max + _LATE_S:
            raise PromiseError("P5", f"{process.name} answered {draft.id} after {waited_s:.2f} s")
        history.note(now, process.name, "answers", draft.id, _outcome(answer))
        if answer.refusal is None:
            if answer.copies == 1 and process.engine.replica.settings.strict:
                raise PromiseError("strict", f"{process.name} acknowledges {draft.id} with one copy")
            self._may_be_alone(process, answer)
            for name in _disks(process) if answer.copies == 2 else (process.name,):
                self._holds(name, answer)

    def _may_be_alone(self, process: "Process", answer: Answer) -> None:
        """A leader acknowledges one copy only when its disk says that it goes on alone."""
        replica = process.engine.replica
        if answer.copies == 2 or replica.role.name != "leader":
            return
        last = self._last_index(process.name)
        durable = [span for span in replica.log.spans if span.first_index <= last]
        is_alone = durable[-1].members == (process.name,)
        # What was acknowledged alone before is told again as it was, until the copies are known; and
        # what both had, when one of them has been replaced since.
        if not is_alone and answer.index > max(durable[-1].first_index, process.both_index):
            what = f"{process.name} acknowledges one copy of {answer.index} in the epoch {durable[-1].epoch}"
            raise PromiseError("alone by a durable epoch", what)

    def _last_index(self, name: str) -> int:
        last = self._machines[name].disk.durable.last_key("records") or 0
        assert isinstance(last, int)
        return last

    def _holds(self, name: str, answer: Answer) -> None:
        reader = self._reader(name)
        index = reader.index_of_id(answer.device, answer.counter)
        if index != answer.index and name in self._history.liars:
            # It may have lost the cut of a merge as well, and have it where it stood before.
            return
        if index != answer.index or reader.record(answer.index) is None:
            what = f"({answer.device}, {answer.counter}) at {answer.index}, copies {answer.copies}"
            raise PromiseError("P1", f"{what}: the disk of {name} has it at {index}")

    def _both(self, process: "Process", index: int) -> None:
        record = process.engine.replica.log.record(index)
        assert record is not None, index
        for name in _disks(process):
            self._on_disk(name, index, record.hash, "P1 copies")

    def _reader(self, name: str) -> StoreReader:
        return StoreReader(self._machines[name].disk.durable)

    def _on_disk(self, name: str, index: int, digest: bytes, rule: str) -> None:
        there = self._reader(name).record(index)
        if (there is None or there.hash != digest) and name not in self._history.liars:
            raise PromiseError(rule, f"record {index} is not on the disk of {name}")

    def _count(self, process: "Process", output: Output) -> None:
        """What a campaign met, so that one sees that it met everything."""
        seen, now = self._history.seen, process.world.clock.now
        seen["loads"] += len(output.loads)
        for _, write in output.writes:
            seen["cuts"] += write.cut_to is not None
            seen["snapshots"] += write.snapshot is not None
        for answer in output.answers:
            seen[f"answers {_outcome(answer)}"] += 1
        if output.pair is not None:
            pair = output.pair
            process.role = pair.role
            if pair.alarm in ("damaged_link", "foreign_peer"):
                raise PromiseError("links are sound", f"{process.name} raises the alarm {pair.alarm}")
            seen[f"{pair.role} {pair.mode}"] += 1
            self._history.note(now, process.name, "is", pair.role, pair.mode, pair.epoch, pair.alarm)


def _disks(process: "Process") -> tuple[str, ...]:
    """Where two copies are. The other disk of a replaced server goes its own way from then on."""
    return (process.name, process.counts_with) if process.machine.place else (process.name,)


def _outcome(answer: Answer) -> str:
    return f"copies {answer.copies}" if answer.refusal is None else answer.refusal.code
