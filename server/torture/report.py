"""The report of a run: one object for programs, a few lines for people (pure)."""

from collections.abc import Mapping, Sequence

import msgspec

from server.i18n.translation import _, number_text
from server.torture.archive_facts import ArchiveFacts
from server.torture.gaps import Gap, max_ms, p50_ms
from server.torture.history import History
from server.torture.plan import Plan
from server.torture.verdict import Verdict


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints. Gaps are null without a kill."""

    sent: int
    acknowledged: int
    lost: int
    duplicated: int
    out_of_order: int
    gap_p50_ms: float | None
    gap_max_ms: float | None
    archives_equal: bool
    kills: int
    leader_kills: int
    promotions: int
    copies_1: int

    def is_good(self, *, is_overlapping: bool) -> bool:
        """Whether every promise was kept; with overlapping kills only loss counts."""
        if is_overlapping:
            return self.lost == 0
        return self.archives_equal and (self.lost, self.duplicated, self.out_of_order) == (0, 0, 0)


def make_report(history: History, verdict: Verdict, gaps: Sequence[Gap], promotions: int) -> Report:
    """Put the numbers together."""
    return Report(
        sent=history.sent_count,
        acknowledged=history.acknowledged_count,
        lost=len(verdict.lost),
        duplicated=len(verdict.duplicated),
        out_of_order=len(verdict.out_of_order),
        gap_p50_ms=p50_ms(gaps),
        gap_max_ms=max_ms(gaps),
        archives_equal=verdict.are_archives_equal,
        kills=len(history.kills),
        leader_kills=sum(kill.role == "leader" for kill in history.kills),
        promotions=promotions,
        copies_1=sum(sender.copies_1 for sender in history.senders),
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
    kills = _("{kills} kills, {leader_kills} of the leader; {promotions} promotions").format(
        kills=report.kills, leader_kills=report.leader_kills, promotions=report.promotions
    )
    lines = [f"! {finding}" for finding in verdict.findings]
    lines += [sent, counted, equal if report.archives_equal else _("the archives are NOT equal"), kills]
    if report.kills:
        lines.append(
            _(
                "gap after a kill: p50 {p50} ms, max {max} ms (a message every {every} ms from each sender)"
            ).format(p50=report.gap_p50_ms, max=report.gap_max_ms, every=f"{1000 / plan.rate_per_s:.0f}")
        )
    return lines
