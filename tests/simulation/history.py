"""What happened in a run: who asked what, who was answered what, and the trace that people read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from server.archive.record import Draft, Record
from server.engine.round import Answer
from server.replication.messages import Append, Confirm, Forward, Heartbeat, Hello, Match, Refuse

Identity = tuple[str, int]

# Refusals after which the same is asked again.
NO_VERDICT: Final = frozenset({"unknown", "not_signed_in", "disk_full"})


class PromiseError(AssertionError):
    """A promise was broken; `rule` says which."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(f"{rule}: {text}")
        self.rule: Final = rule


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that a server gave to one ask."""

    at: float
    server: str
    draft: Draft
    answer: Answer


@dataclass(slots=True)
class History:
    """The recorded facts of a run. Times are virtual seconds."""

    asked: dict[Identity, list[Draft]] = field(default_factory=dict)
    # Asks that a server has in hand, by the number it answers to.
    asks: dict[int, Draft] = field(default_factory=dict)
    answered: list[Answered] = field(default_factory=list)
    # In which order a device asked for its counters the first time.
    order: dict[str, list[int]] = field(default_factory=dict)
    # Devices that use their counters out of order, or were told that something is unknown.
    unordered: set[str] = field(default_factory=set)
    # Ids that were used for two things on purpose.
    twins: set[Identity] = field(default_factory=set)
    # (epoch, index) to the hash of the one record that may ever stand there.
    places: dict[tuple[str, int], bytes] = field(default_factory=dict)
    # What a server showed to its clients: index to the record's hash.
    shown: dict[str, dict[int, bytes]] = field(default_factory=dict)
    # Merges: when, whose log was cut, and up to where it was kept.
    cuts: list[tuple[float, str, int]] = field(default_factory=list)
    # Acknowledged requests of which no disk has a copy any more: a disk had lied about the last one.
    excused: set[Identity] = field(default_factory=set)
    # Servers whose place another one has.
    replaced: set[str] = field(default_factory=set)
    # Whose disks lied: of them one may believe that they have what they have lost.
    liars: set[str] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)
    trace: list[tuple[float, str, str, tuple[Any, ...]]] = field(default_factory=list)
    _askers: int = 0

    def ask(self, draft: Draft) -> None:
        """A device asked for something the first time (another body is another thing)."""
        self.asked.setdefault(draft.id, []).append(draft)
        self.order.setdefault(draft.device, []).append(draft.counter)

    def cut(self, at: float, server: str, keep: int) -> None:
        """A server took records out of its log, to have them re-submitted; its clients are told."""
        self.cuts.append((at, server, keep))
        self.shown[server] = {i: digest for i, digest in self.shown.get(server, {}).items() if i <= keep}

    def is_moved(self, answered: Answered) -> bool:
        """Whether what a server answered was taken out of its log later, or may never have been in it.

        What a server that was replaced had in common with another one, that one may move as well.
        """
        index, is_replaced = answered.answer.index, answered.server in self.replaced
        return any(
            (server == answered.server or is_replaced) and at >= answered.at and (not index or keep < index)
            for at, server, keep in self.cuts
        )

    def acknowledged_by_replaced(self) -> set[Identity]:
        """What a server had acknowledged that was replaced, and what the other one did not have from it."""
        told = [one for one in self.answered if one.server in self.replaced and one.answer.refusal is None]
        return {one.draft.id for one in told if self.is_moved(one)}

    def refused(self) -> set[Identity]:
        """What somebody was told will never be stored."""
        told = [(one.draft.id, one.answer.refusal) for one in self.answered]
        return {identity for identity, refusal in told if refusal and refusal.code not in NO_VERDICT}

    @property
    def has_merged(self) -> bool:
        """Whether something that a server had acknowledged was taken out of its log."""
        return any(a.answer.refusal is None and self.is_moved(a) for a in self.answered)

    def new_asker(self, draft: Draft) -> int:
        """A number for one ask at one server."""
        self._askers += 1
        self.asks[self._askers] = draft
        return self._askers

    @property
    def asked_count(self) -> int:
        """How many asks there were."""
        return self._askers

    def note(self, at: float, who: str, what: str, *facts: Any) -> None:
        """A line of the trace."""
        self.trace.append((at, who, what, facts))

    def lines(self) -> list[str]:
        """The trace for people."""
        return [
            f"{at:9.4f} {who:2} {what} {' '.join(_shown(fact) for fact in facts)}".rstrip()
            for at, who, what, facts in self.trace
        ]


def _shown(fact: object) -> str:
    match fact:
        case Hello():
            epochs = " ".join(f"{span.epoch}@{span.first_index}" for span in fact.spans[-3:])
            return f"hello: … {epochs}, last {fact.last_index}, is_leader {fact.is_leader}"
        case Append():
            indices = [Record(packed).index for packed in fact.records]
            return f"append {indices[:1]}…{indices[-1:]} commit {fact.commit}"
        case Match():
            return f"match {fact.index} durable {fact.durable}"
        case Confirm():
            return f"confirm {fact.durable}"
        case Heartbeat():
            return f"heartbeat last {fact.last_index} durable {fact.durable} heard {fact.heard_ms_ago} ms ago"
        case Forward():
            return f"forward {fact.draft.id}"
        case Refuse():
            return f"refuse ({fact.device}, {fact.counter}) {fact.code}"
        case float():
            return f"{fact:.3f}"
    return str(fact)
