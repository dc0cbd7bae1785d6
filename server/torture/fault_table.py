"""The faults of a run by their kind: how often, how long people waited, what the pair did (pure)."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from server.i18n.translation import _, number_text
from server.torture.archive_facts import ArchiveFacts
from server.torture.faults import FaultKind
from server.torture.gaps import gaps_of, max_ms, p50_ms
from server.torture.history import Fault, History

_NOTHING: Final = "–"


class FaultRow(msgspec.Struct, frozen=True, kw_only=True):
    """All faults of one kind. What happened counts for the latest fault before it.

    `merged`: messages that moved behind a fork, `copies_1`: acknowledgements that said one copy.
    """

    kind: str
    count: int
    at_leader: int
    gap_p50_ms: float | None
    gap_max_ms: float | None
    promotions: int
    merged: int
    copies_1: int


def fault_rows(
    history: History, archives: Mapping[str, ArchiveFacts], since_index: int, kinds: Sequence[FaultKind]
) -> list[FaultRow]:
    """A row for each kind of the run, in the order of the enumeration."""
    faults = history.faults
    gaps = dict(zip((fault.number for fault in faults), gaps_of(faults, history.senders), strict=True))
    promoted = max((facts.promotions(since_index) for facts in archives.values()), key=len)
    promoted_in = _by_kind(faults, [lead.at_ms for lead in promoted])
    merged = {message: at_ms for facts in archives.values() for message, at_ms in facts.merged.items()}
    merged_in = _by_kind(faults, list(merged.values()))
    single_in = _single_by_kind(history)
    rows = []
    for kind in kinds:
        of_kind = [fault for fault in faults if fault.kind is kind]
        waits = [gaps[fault.number] for fault in of_kind]
        rows.append(
            FaultRow(
                kind=kind,
                count=len(of_kind),
                at_leader=sum(fault.role == "leader" for fault in of_kind),
                gap_p50_ms=p50_ms(waits),
                gap_max_ms=max_ms(waits),
                promotions=promoted_in.get(kind, 0),
                merged=merged_in.get(kind, 0),
                copies_1=single_in.get(kind, 0),
            )
        )
    return rows


def table_lines(rows: Sequence[FaultRow]) -> list[str]:
    """The rows under their headings, in columns."""
    headings = [
        _("fault"),
        _("times"),
        _("at the leader"),
        _("gap p50 ms"),
        _("gap max ms"),
        _("promotions"),
        _("merged"),
        _("one copy"),
    ]
    cells = [headings, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(headings))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    ]


def _cells(row: FaultRow) -> list[str]:
    gaps = [_NOTHING if gap is None else f"{gap:.0f}" for gap in (row.gap_p50_ms, row.gap_max_ms)]
    counts = [number_text(count) for count in (row.promotions, row.merged, row.copies_1)]
    return [row.kind, str(row.count), str(row.at_leader), *gaps, *counts]


def _by_kind(faults: Sequence[Fault], times_ms: Sequence[int]) -> dict[FaultKind, int]:
    """How many of some moments (Unix time) fell to each kind."""
    counts: dict[FaultKind, int] = {}
    for at_ms in times_ms:
        before = [fault for fault in faults if fault.at_ms <= at_ms]
        if before:
            counts[before[-1].kind] = counts.get(before[-1].kind, 0) + 1
    return counts


def _single_by_kind(history: History) -> dict[FaultKind, int]:
    counts: dict[FaultKind, int] = {}
    ends = [*(fault.at_s for fault in history.faults[1:]), float("inf")]
    for fault, end_s in zip(history.faults, ends, strict=False):
        found = sum(sender.single_between(fault.at_s, end_s) for sender in history.senders)
        counts[fault.kind] = counts.get(fault.kind, 0) + found
    return counts
