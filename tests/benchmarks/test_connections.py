"""Connections, the storm and the stalled reader: everybody gets in and is served again."""

from benchmarks import connections, stalled, storm
from benchmarks.cases import Bench, Effort
from benchmarks.ours import OURS_TLS


def test_everybody_gets_in_with_tls_and_is_counted() -> None:
    people = 20
    entry = connections.entered(OURS_TLS, people)
    assert len(entry.each_s) == people
    assert sorted(entry.each_s) == entry.each_s
    assert entry.each_s[-1] <= entry.report.seconds


def test_after_a_kill_everybody_is_served_again_with_standby_links_and_without() -> None:
    people = storm.PEOPLE[Effort.TINY]
    for measured in (storm.activated, storm.dialled):
        waits = measured(people)
        assert len(waits) == people
        assert waits[0] > 0


def test_the_others_have_every_message_beside_a_stalled_reader() -> None:
    rows = list(stalled.measure(Bench(Effort.TINY)))
    assert [row.unit for row in rows] == ["ms p99", "ms max", "KiB more than without it"]
    assert stalled.WITHOUT in rows[0].ratios
