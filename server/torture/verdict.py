"""The verdict: what is lost, doubled, out of order or unequal after a run, and where (pure)."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

from server.torture.archive_facts import ArchiveFacts
from server.torture.checkers import disordered, first_difference, missing, repeated
from server.torture.history import History, MessageId

# Enough to look for; a run that lost everything must not print everything.
_EXAMPLES_MAX: Final = 5


@dataclasses.dataclass(slots=True)
class Verdict:
    """Messages are counted once, in however many places they are missing or doubled."""

    lost: set[MessageId] = dataclasses.field(default_factory=set)
    duplicated: set[MessageId] = dataclasses.field(default_factory=set)
    out_of_order: set[MessageId] = dataclasses.field(default_factory=set)
    are_archives_equal: bool = True
    # Sentences for people: what is wrong, and where.
    findings: list[str] = dataclasses.field(default_factory=list)


def judge(history: History, archives: Mapping[str, ArchiveFacts], *, is_overlapping: bool = False) -> Verdict:
    """Count in both archives (by the name of the server) and at every reader.

    In a run with overlapping kills the two sides may have written apart, so that one of them
    refuses to join: then a message is lost when it is acknowledged and in neither archive.
    """
    verdict = Verdict()
    verdict.lost |= _tell(
        verdict, history, missing(history.sent, history.acknowledged), "were never acknowledged"
    )
    in_archives = {f"the archive of {name}": facts.messages for name, facts in archives.items()}
    at_readers = {reader.name: reader.messages for reader in history.readers}
    if is_overlapping:
        both = [message for found in in_archives.values() for message in found]
        lost = missing(history.acknowledged, both)
        verdict.lost |= _tell(verdict, history, lost, "are in neither archive")
    else:
        for place, found in (in_archives | at_readers).items():
            lost = missing(history.sent, found)
            verdict.lost |= _tell(verdict, history, lost, f"are missing in {place}")
    for place, found in (in_archives | at_readers).items():
        again, late = repeated(found), disordered(found)
        verdict.duplicated |= _tell(verdict, history, again, f"stand twice in {place}")
        verdict.out_of_order |= _tell(verdict, history, late, f"are out of order in {place}")
    verdict.findings += [
        f"{sender.name}:{counter} was refused: {code}"
        for sender in history.senders
        for counter, code in sender.refused.items()
    ]
    _compare(verdict, archives)
    return verdict


def _tell(verdict: Verdict, history: History, found: Sequence[MessageId], what: str) -> set[MessageId]:
    if found:
        examples = ", ".join(history.shown(message) for message in found[:_EXAMPLES_MAX])
        more = ", …" if len(found) > _EXAMPLES_MAX else ""
        verdict.findings.append(f"{len(found)} messages {what}: {examples}{more}")
    return set(found)


def _compare(verdict: Verdict, archives: Mapping[str, ArchiveFacts]) -> None:
    problems = [f"the archive of {name} is damaged: {a.damage}" for name, a in archives.items() if a.damage]
    left, right = archives.values()
    place = first_difference(left.hashes, right.hashes)
    if place is not None:
        problems.append(f"the archives differ from record {place + 1} on")
    if left.messages != right.messages:
        problems.append("the archives do not hold the same messages in the same order")
    verdict.are_archives_equal = not problems
    verdict.findings += problems
