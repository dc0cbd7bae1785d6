"""The report of a run: one object for programs, a few lines for people (pure)."""

from collections.abc import Mapping, Sequence

import msgspec

from server.i18n.translation import _, number_text
from server.torture.archive_facts import ArchiveFacts
from server.torture.fault_table import FaultRow, table_lines
from server.torture.faults import FaultKind, not_tried
from server.torture.gaps import gaps_of, max_ms, p50_ms
from server.torture.history import History
from server.torture.plan import Plan
from server.torture.verdict import Verdict


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints. Gaps are null without a fault; those of the leader are of faults at it alone.

    `left_out`: kinds of faults that this machine cannot do, and why; `not_tried`: those that every
    machine can do and that did not happen; `merged`: messages that moved behind a fork.
    """

    sent: int
    acknowledged: int
    lost: int
    duplicated: int
    out_of_order: int
    gap_p50_ms: float | None
    gap_max_ms: float | None
    leader_gap_p50_ms: float | None
    leader_gap_max_ms: float | None
    archives_equal: bool
    kills: int
    leader_kills: int
    promotions: int
    copies_1: int
    merged: int
    faults: int
    by_kind: list[FaultRow]
    left_out: dict[str, str]
    not_tried: list[str]

    @property
    def is_good(self) -> bool:
        """Whether every promise was tried and kept."""
        is_kept = self.archives_equal and (self.lost, self.duplicated, self.out_of_order) == (0, 0, 0)
        return is_kept and not self.not_tried


def make_report(
    history: History,
    verdict: Verdict,
    rows: Sequence[FaultRow],
    left_out: Mapping[FaultKind, str],
    wanted: Sequence[FaultKind],
) -> Report:
    """Put the numbers together; `wanted` are the kinds that were asked for."""
    gaps = gaps_of(history.faults, history.senders)
    at_leader = [gap for gap, fault in zip(gaps, history.faults, strict=True) if fault.role == "leader"]
    kills = [fault for fault in history.faults if fault.kind is FaultKind.KILL]
    return Report(
        sent=history.sent_count,
        acknowledged=history.acknowledged_count,
        lost=len(verdict.lost),
        duplicated=len(verdict.duplicated),
        out_of_order=len(verdict.out_of_order),
        gap_p50_ms=p50_ms(gaps),
        gap_max_ms=max_ms(gaps),
        leader_gap_p50_ms=p50_ms(at_leader),
        leader_gap_max_ms=max_ms(at_leader),
        archives_equal=verdict.are_archives_equal,
        kills=len(kills),
        leader_kills=sum(kill.role == "leader" for kill in kills),
        promotions=sum(row.promotions for row in rows),
        copies_1=sum(len(sender.single_at) for sender in history.senders),
        merged=sum(row.merged for row in rows),
        faults=len(history.faults),
        by_kind=list(rows),
        left_out={str(kind): why for kind, why in left_out.items()},
        not_tried=[str(kind) for kind in not_tried(wanted, (fault.kind for fault in history.faults))],
    )


def summary_lines(
    plan: Plan, report: Report, verdict: Verdict, archives: Mapping[str, ArchiveFacts]
) -> list[str]:
    """The end of a run, for people."""
    left, right = archives.values()
    common = min(len(left.hashes), len(right.hashes))
    equal = _("both archives are equal up to record {index}").format(index=number_text(common))
    if common:
        equal += " " + _("(hash {hash})").format(hash=left.hashes[common - 1].hex()[:12])
    sent = _(
        "{sent} sent by {senders} senders, {acknowledged} acknowledged,"
        " {copies_1} of them with one copy because a server was away"
    ).format(
        sent=number_text(report.sent),
        senders=plan.senders,
        acknowledged=number_text(report.acknowledged),
        copies_1=number_text(report.copies_1),
    )
    counted = _(
        "{lost} lost, {duplicated} duplicated, {out_of_order} out of order,"
        " counted at every reader and in both archives"
    ).format(
        lost=number_text(report.lost),
        duplicated=number_text(report.duplicated),
        out_of_order=number_text(report.out_of_order),
    )
    lines = [f"! {finding}" for finding in verdict.findings]
    lines += [sent, counted, equal if report.archives_equal else _("the archives are NOT equal")]
    return lines + _fault_lines(plan, report)


def _fault_lines(plan: Plan, report: Report) -> list[str]:
    lines = []
    if report.faults:
        lines.append(
            _("{faults} faults; a message every {every} ms from each sender").format(
                faults=report.faults, every=f"{1000 / plan.rate_per_s:.0f}"
            )
        )
        lines += table_lines(report.by_kind)
    lines += left_out_lines(report.left_out)
    if report.not_tried:
        kinds = ", ".join(report.not_tried)
        lines.append("! " + _("never tried: {kinds}. Give more faults with --kills.").format(kinds=kinds))
    return lines


def left_out_lines(left_out: Mapping[FaultKind, str] | Mapping[str, str]) -> list[str]:
    """What this machine cannot do."""
    text = _("{kind} is left out: {why}")
    return [text.format(kind=kind, why=why) for kind, why in left_out.items()]
