"""The checkers find what is missing, repeated, late or different, and nothing else."""

import random

from hypothesis import given
from hypothesis import strategies as st

from server.torture.checkers import disordered, first_difference, missing, repeated
from tests.torture.histories import messages

SENT = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(
    lambda counts: [(chr(97 + place), n) for place, count in enumerate(counts) for n in range(1, count + 1)]
)


def test_what_is_not_there_is_missing() -> None:
    assert missing(messages("a1 a2 b1"), messages("b1 a2")) == messages("a1")


def test_each_repetition_counts() -> None:
    assert repeated(messages("a1 b1 a1 a2 a1")) == messages("a1 a1")


def test_what_comes_behind_a_later_one_is_late() -> None:
    assert disordered(messages("a1 a3 a2 b2 b1 a4")) == messages("a2 b1")


def test_a_repetition_is_no_disorder() -> None:
    assert not disordered(messages("a1 a2 a1"))


def test_devices_have_an_order_each() -> None:
    assert not disordered(messages("a1 b1 b2 a2"))


def test_chains_are_compared_as_far_as_both_reach() -> None:
    assert first_difference([b"1", b"2"], [b"1", b"2", b"3"]) is None
    assert first_difference([b"1", b"x", b"3"], [b"1", b"2"]) == 1


@given(SENT, st.randoms(use_true_random=False))
def test_any_mixture_that_keeps_each_device_in_order_is_faultless(
    sent: list[tuple[str, int]], rng: random.Random
) -> None:
    devices = [device for device, _ in sent]
    rng.shuffle(devices)
    counters: dict[str, int] = {}
    found = []
    for device in devices:
        counters[device] = counters.get(device, 0) + 1
        found.append((device, counters[device]))
    assert (missing(sent, found), repeated(found), disordered(found)) == ([], [], [])


@given(SENT, st.data())
def test_one_message_taken_out_and_one_put_in_again_are_found(
    sent: list[tuple[str, int]], data: st.DataObject
) -> None:
    lost, doubled = data.draw(st.sampled_from(sent)), data.draw(st.sampled_from(sent))
    found = [message for message in sent if message != lost] + [doubled] * 2
    assert missing(sent, found) == ([lost] if doubled != lost else [])
    assert doubled in repeated(found)
