"""What happened in a run counts for the latest fault before it."""

from server.torture.archive_facts import Lead
from server.torture.fault_table import FaultRow, fault_rows, table_lines
from server.torture.faults import FaultKind
from server.torture.history import Fault, History
from tests.torture.histories import archive, history, messages

KINDS = (FaultKind.KILL, FaultKind.PAUSE, FaultKind.PARTITION)


def broken() -> History:
    """A kill of the leader after 10 s, a partition after 20 s; a message a second, with one gap."""
    kept = history({"a": 0}, "")
    kept.faults = [
        Fault(1, FaultKind.KILL, 10.0, 110_000, 0.5, "A", "leader"),
        Fault(2, FaultKind.PARTITION, 20.0, 120_000, 2.0, "A", "follower"),
    ]
    sender = kept.senders[0]
    times = [*range(1, 11), *range(13, 30)]
    for counter, at_s in enumerate(times, start=1):
        sender.stored(counter, copies=1 if 20 <= at_s < 22 else 2, at_s=float(at_s))
    return kept


def rows() -> list[FaultRow]:
    facts = archive("a1 a2", merged="a2")
    facts.merged[messages("a2")[0]] = 120_500
    facts.leads = [
        Lead(1, 100_000, "a"),
        Lead(5, 110_010, "b"),
        Lead(9, 121_000, "b"),
        Lead(12, 121_500, "a"),
    ]
    return fault_rows(broken(), {"A": facts, "B": facts}, 3, KINDS)


def test_each_kind_has_its_own_row_with_what_it_cost() -> None:
    kill, pause, partition = rows()
    assert (kill.count, kill.at_leader, kill.gap_max_ms, kill.promotions) == (1, 1, 3000.0, 1)
    assert (partition.count, partition.at_leader, partition.gap_max_ms) == (1, 0, 1000.0)
    assert (partition.promotions, partition.merged, partition.copies_1) == (1, 1, 2)
    assert (kill.merged, kill.copies_1) == (0, 0)
    assert (pause.count, pause.gap_p50_ms) == (0, None)


def test_the_table_has_a_line_a_kind_in_columns() -> None:
    lines = table_lines(rows())
    assert [line.split()[0] for line in lines] == ["fault", "kill", "pause", "partition"]
    assert len({len(line) for line in lines}) == 1
    assert "–" in lines[2]
