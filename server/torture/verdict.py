"""The verdict: what is lost, doubled, out of order or unequal after a run, and where (pure)."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

from server.i18n.translation import _
from server.torture.archive_facts import ArchiveFacts
from server.torture.checkers import disordered_beyond, first_difference, missing, repeated
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


def judge(history: History, archives: Mapping[str, ArchiveFacts]) -> Verdict:
    """Count in both archives (by the name of the server) and at every reader."""
    verdict = Verdict()
    verdict.lost |= _tell(
        verdict,
        history,
        missing(history.sent, history.acknowledged),
        _("{count} messages were never acknowledged: {examples}"),
    )
    in_archives = {
        _("the archive of {name}").format(name=name): facts.messages for name, facts in archives.items()
    }
    at_readers = {reader.name: reader.messages for reader in history.readers}
    merged = {message for facts in archives.values() for message in facts.merged}
    for place, found in (in_archives | at_readers).items():
        lost = missing(history.sent, found)
        verdict.lost |= _tell(
            verdict, history, lost, _("{count} messages are missing in {place}: {examples}"), place
        )
        again, late = repeated(found), disordered_beyond(found, merged)
        verdict.duplicated |= _tell(
            verdict, history, again, _("{count} messages stand twice in {place}: {examples}"), place
        )
        verdict.out_of_order |= _tell(
            verdict, history, late, _("{count} messages are out of order in {place}: {examples}"), place
        )
    verdict.findings += [
        _("{message} was refused: {code}").format(message=f"{sender.name}:{counter}", code=code)
        for sender in history.senders
        for counter, code in sender.refused.items()
    ]
    _compare(verdict, archives)
    return verdict


def _tell(
    verdict: Verdict, history: History, found: Sequence[MessageId], text: str, place: str = ""
) -> set[MessageId]:
    if found:
        examples = ", ".join(history.shown(message) for message in found[:_EXAMPLES_MAX])
        more = ", …" if len(found) > _EXAMPLES_MAX else ""
        verdict.findings.append(text.format(count=len(found), place=place, examples=examples + more))
    return set(found)


def _compare(verdict: Verdict, archives: Mapping[str, ArchiveFacts]) -> None:
    problems = [
        _("the archive of {name} is damaged: {error}").format(name=name, error=facts.damage)
        for name, facts in archives.items()
        if facts.damage
    ]
    left, right = archives.values()
    place = first_difference(left.hashes, right.hashes)
    if place is not None:
        problems.append(_("the archives differ from record {index} on").format(index=place + 1))
    if left.messages != right.messages:
        problems.append(_("the archives do not hold the same messages in the same order"))
    verdict.are_archives_equal = not problems
    verdict.findings += problems
