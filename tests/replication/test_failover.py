"""Who leads: both sides always agree, whatever two histories they have."""

from hypothesis import given
from hypothesis import strategies as st

from server.archive.record import Epoch, Record
from server.replication.failover import fork_index, last_request_index, must_keep, wins
from server.replication.messages import Hello
from tests.replication.pair import chain, draft, log_of

A1, A2, B3 = Epoch(1, "a", "1"), Epoch(2, "a", "2"), Epoch(3, "b", "3")
BOTH = ("a", "b")


def hello(server: str, records: list[Record], *, is_leader: bool = False, is_founder: bool = False) -> Hello:
    """The facts of a server with this log."""
    log = log_of(records)
    return Hello("s", server, "c", is_leader, is_founder, log.newest_spans(), log.last_index)


@st.composite
def histories(choose: st.DrawFn) -> tuple[list[Record], list[Record]]:
    """Two logs with a common past, as epochs with one writer allow them."""
    parts: list[object] = []
    sides: dict[str, list[object]] = {}
    counter = common = 0
    for side in ("", "a", "b"):
        mine: list[object] = []
        last = common
        for _ in range(choose(st.integers(0, 3))):
            counter += 1
            writer = side or choose(st.sampled_from("ab"))
            members = choose(st.sampled_from([(writer,), BOTH]))
            last += choose(st.integers(1, 3))
            mine.append((Epoch(last, writer, str(counter)), members))
            mine.extend(draft(1000 * counter + n) for n in range(choose(st.integers(0, 3))))
        if side:
            sides[side] = parts + mine
        else:
            parts, common = mine, last
    # The writer of the last common epoch may have gone on in it; the other one has only a part of it.
    shorter = choose(st.sampled_from("ab"))
    lost = choose(st.integers(0, 2))
    if sides[shorter] == parts and lost:
        sides[shorter] = parts[: max(0, len(parts) - lost)]
    return chain(*sides["a"]), chain(*sides["b"])  # type: ignore[arg-type]


@given(histories(), st.booleans(), st.booleans())
def test_exactly_one_of_two_leads(
    logs: tuple[list[Record], list[Record]], a_leads: bool, b_leads: bool
) -> None:
    a = hello("a", logs[0], is_leader=a_leads, is_founder=True)
    b = hello("b", logs[1], is_leader=b_leads)
    assert wins(a, b) != wins(b, a)


@given(histories())
def test_both_find_the_same_fork_and_agree_up_to_it(logs: tuple[list[Record], list[Record]]) -> None:
    a, b = hello("a", logs[0]), hello("b", logs[1])
    fork = fork_index(a, b)
    assert fork == fork_index(b, a)
    assert [r.hash for r in logs[0][:fork]] == [r.hash for r in logs[1][:fork]]
    if len(logs[0]) > fork and len(logs[1]) > fork:
        assert logs[0][fork].hash != logs[1][fork].hash


@given(histories())
def test_whoever_has_something_to_lose_leads_unless_both_have(
    logs: tuple[list[Record], list[Record]],
) -> None:
    a, b = hello("a", logs[0]), hello("b", logs[1])
    fork = fork_index(a, b)
    loser = b if wins(a, b) else a
    winner = a if wins(a, b) else b
    assert must_keep(winner, fork) or not must_keep(loser, fork)


@given(histories())
def test_what_may_be_cut_was_never_acknowledged_alone(logs: tuple[list[Record], list[Record]]) -> None:
    a, b = hello("a", logs[0]), hello("b", logs[1])
    fork = fork_index(a, b)
    alone = False
    for record in logs[0]:
        if record.is_epoch:
            alone = record.members() == ("a",)
        elif record.index > fork and alone:
            assert must_keep(a, fork)


@given(histories())
def test_the_last_request_is_found_from_the_epochs_alone(logs: tuple[list[Record], list[Record]]) -> None:
    requests = [record.index for record in logs[0] if not record.is_epoch]
    assert last_request_index(hello("a", logs[0])) == max(requests, default=0)


def test_the_higher_epoch_leads_and_never_the_longer_log() -> None:
    longer = hello("a", chain(A1, (A2, BOTH), draft(1), draft(2), draft(3)))
    higher = hello("b", chain(A1, (A2, BOTH), B3))
    assert wins(higher, longer)


def test_in_one_epoch_its_writer_leads_and_without_it_the_longer_log() -> None:
    parts = (A1, (A2, BOTH), draft(1), draft(2))
    assert wins(hello("b", chain(*parts)), hello("a", chain(*parts[:3])))
    assert wins(hello("a", chain(*parts[:3]), is_leader=True), hello("b", chain(*parts)))


def test_of_two_empty_logs_the_founders_leads() -> None:
    assert wins(hello("b", [], is_founder=True), hello("a", []))


def test_what_was_written_behind_a_step_down_counts_with_what_waited_before_it() -> None:
    # Records of the dual epoch behind the fork were acknowledged when the writer went on alone.
    alone = hello("a", chain(A1, (A2, BOTH), draft(1), Epoch(3, "a", "3")))
    assert must_keep(alone, 2)
    assert not must_keep(alone, 3)
