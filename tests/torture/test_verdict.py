"""The verdict sees every planted fault, wherever it is."""

from server.torture.faults import FaultKind
from server.torture.history import Fault, History
from server.torture.plan import Plan
from server.torture.report import Report, make_report, summary_lines
from server.torture.verdict import Verdict, judge
from tests.torture.histories import archive, history, messages

GOOD = "a1 b1 a2"
SENT = {"a": 2, "b": 1}


def verdict(kept: History, left: str = GOOD, right: str = GOOD, merged: str = "") -> Verdict:
    return judge(kept, {"A": archive(left, merged=merged), "B": archive(right, merged=merged)})


def report(found: Verdict, kept: History) -> Report:
    return make_report(kept, found, [], left_out={}, wanted=[])


def test_a_faultless_run_is_good() -> None:
    kept = history(SENT, GOOD, readers=4)
    found = verdict(kept)
    assert not found.findings
    assert report(found, kept).is_good


def test_a_message_that_one_archive_lacks_is_lost_and_the_archives_are_unequal() -> None:
    kept = history(SENT, GOOD)
    found = verdict(kept, right="a1 a2")
    assert found.lost == set(messages("b1"))
    assert not found.are_archives_equal
    assert not report(found, kept).is_good
    assert "1 messages are missing in the archive of B: sender-b:1" in found.findings


def test_a_message_that_a_reader_lacks_is_lost() -> None:
    kept = history(SENT, GOOD, readers=2)
    kept.readers[1].shown.pop()
    found = verdict(kept)
    assert found.lost == set(messages("a2"))
    assert found.are_archives_equal


def test_a_message_missing_in_several_places_is_lost_once() -> None:
    assert verdict(history(SENT, "a1 b1", readers=4), "a1 b1", "a1 b1").lost == set(messages("a2"))


def test_a_message_that_was_never_acknowledged_is_lost() -> None:
    kept = history(SENT, GOOD)
    kept.senders[1].acknowledged.clear()
    assert verdict(kept).lost == set(messages("b1"))


def test_a_message_archived_twice_or_shown_twice_is_duplicated() -> None:
    twice = "a1 b1 a2 b1"
    assert verdict(history(SENT, GOOD), twice, twice).duplicated == set(messages("b1"))
    kept = history(SENT, twice)
    found = verdict(kept)
    assert found.duplicated == set(messages("b1"))
    assert not report(found, kept).is_good


def test_messages_of_one_sender_in_another_order_are_out_of_order() -> None:
    kept = history(SENT, GOOD)
    found = verdict(kept, "a2 b1 a1", "a2 b1 a1")
    assert found.out_of_order == set(messages("a1"))
    assert not report(found, kept).is_good


def test_archives_with_other_hashes_are_unequal() -> None:
    archives = {"A": archive(GOOD), "B": archive(GOOD, hashes=(b"1", b"x"))}
    found = judge(history(SENT, GOOD), archives)
    assert not found.are_archives_equal
    assert "the archives differ from record 2 on" in found.findings


def test_a_damaged_archive_is_unequal() -> None:
    damaged = archive(GOOD)
    damaged.damage = "record 3 breaks the hash chain"
    found = judge(history(SENT, GOOD), {"A": archive(GOOD), "B": damaged})
    assert not found.are_archives_equal


def test_what_a_merge_moved_may_stand_behind_later_messages_of_its_sender() -> None:
    order = "a2 b1 a1"
    kept = history(SENT, order)
    found = verdict(kept, order, order, merged="a1")
    assert not found.findings
    assert verdict(kept, order, order, merged="b1").out_of_order == set(messages("a1"))


def test_what_a_merge_moved_keeps_its_order() -> None:
    order = "b1 a2 a1"
    found = verdict(history(SENT, order), order, order, merged="a1 a2")
    assert found.out_of_order == set(messages("a1"))


def test_a_run_that_did_not_try_what_every_machine_can_do_is_not_good() -> None:
    kept = history(SENT, GOOD)
    wanted = [FaultKind.KILL, FaultKind.SLOW_DISK]
    made = make_report(kept, verdict(kept), [], left_out={FaultKind.SLOW_DISK: "no gcc"}, wanted=wanted)
    assert made.not_tried == ["kill"]
    assert not made.is_good
    kept.faults.append(Fault(1, FaultKind.KILL, 1.0, 1000, 0.1, "A", "leader"))
    made = make_report(kept, verdict(kept), [], left_out={FaultKind.SLOW_DISK: "no gcc"}, wanted=wanted)
    assert made.is_good


def test_a_refused_message_is_told() -> None:
    kept = history(SENT, GOOD)
    kept.senders[0].refused[3] = "not_a_member"
    assert "sender-a:3 was refused: not_a_member" in verdict(kept).findings


def test_the_summary_says_how_far_both_archives_are_equal() -> None:
    kept = history(SENT, GOOD)
    found = verdict(kept)
    plan = Plan(seconds=1, faults=0, senders=2, rate_per_s=50, is_overlapping=False, seed=1)
    lines = summary_lines(plan, report(found, kept), found, {"A": archive(GOOD), "B": archive(GOOD)})
    assert any("equal up to record 2" in line for line in lines)
    assert any("0 lost, 0 duplicated, 0 out of order" in line for line in lines)
