"""The outbox: order, window, and that nothing leaves without a final answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.client.outbox import Outbox
from tests.client.scripted_pair import draft


def counters(outbox: Outbox) -> list[int]:
    return [sent.counter for sent in outbox.take_sendable()]


def test_drafts_leave_in_counter_order_within_the_window() -> None:
    outbox = Outbox(2, [draft(3), draft(1), draft(2)])
    assert counters(outbox) == [1, 2]
    assert counters(outbox) == []
    outbox.settle(1)
    assert counters(outbox) == [3]


def test_a_recalled_outbox_starts_over_in_order() -> None:
    outbox = Outbox(10, [draft(1), draft(2)])
    outbox.take_sendable()
    outbox.put(draft(3))
    outbox.recall()
    assert outbox.in_flight_count == 0
    assert counters(outbox) == [1, 2, 3]


def test_postponed_drafts_go_first_next_time() -> None:
    outbox = Outbox(10, [draft(1), draft(2), draft(3)])
    outbox.take_sendable()
    outbox.postpone(2)
    outbox.postpone(1)
    outbox.put(draft(4))
    assert len(outbox) == 4
    assert counters(outbox) == [1, 2, 4]


def test_a_second_answer_changes_nothing() -> None:
    outbox = Outbox(10, [draft(1)])
    outbox.take_sendable()
    assert outbox.settle(1) == draft(1)
    assert outbox.settle(1) is None
    assert len(outbox) == 0


def test_an_answer_that_comes_after_a_recall_counts() -> None:
    outbox = Outbox(10, [draft(1), draft(2)])
    outbox.take_sendable()
    outbox.recall()
    outbox.settle(1)
    assert counters(outbox) == [2]


def test_counters_never_come_back() -> None:
    outbox = Outbox(10, [draft(5)])
    with pytest.raises(ValueError, match="counter 5 after 5"):
        outbox.put(draft(5))


@given(st.lists(st.sampled_from(["put", "take", "settle", "postpone", "recall"]), max_size=60), st.data())
def test_whatever_happens_each_draft_is_held_until_it_is_settled(
    steps: list[str], data: st.DataObject
) -> None:
    outbox = Outbox(3)
    put: list[int] = []
    settled: set[int] = set()
    for step in steps:
        if step == "put":
            put.append(len(put) + 1)
            outbox.put(draft(put[-1]))
        elif step == "take":
            taken = counters(outbox)
            assert taken == sorted(taken)
            assert outbox.in_flight_count <= 3
        elif step == "recall":
            outbox.recall()
        elif put:
            counter = data.draw(st.sampled_from(put))
            if step == "settle":
                outbox.settle(counter)
                settled.add(counter)
            else:
                outbox.postpone(counter)
        assert len(outbox) == len(put) - len(settled)
    outbox.recall()
    left: list[int] = []
    while outbox:
        for counter in counters(outbox):
            left.append(counter)
            outbox.settle(counter)
    assert left == [counter for counter in put if counter not in settled]
