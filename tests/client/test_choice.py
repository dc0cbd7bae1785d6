"""The choice of a server: the order of addresses, back-off, and being sent away."""

import random

from hypothesis import given
from hypothesis import strategies as st

from server.client.choice import ADDRESSES_MAX, ServerChoice
from server.client.settings import ConversationSettings

SETTINGS = ConversationSettings(back_off_base_s=0.1, back_off_cap_s=10.0)


def choice(*addresses: str) -> ServerChoice:
    return ServerChoice(addresses, SETTINGS, random.Random(3))


def free(known: ServerChoice, *linked: str, servers: tuple[str, ...] = ()) -> list[str]:
    return [place.address for place in known.free_places(linked, servers)]


def test_addresses_keep_their_order_and_learned_ones_come_behind() -> None:
    known = choice("a:1", "b:2")
    assert known.learn("c:3")
    assert not known.learn("a:1", "a")
    assert known.addresses == ["a:1", "b:2", "c:3"]


def test_a_server_cannot_fill_our_memory_with_addresses() -> None:
    known = choice("a:1")
    for port in range(100):
        known.learn(f"x:{port}")
    assert len(known.addresses) == ADDRESSES_MAX


def test_other_spellings_of_a_linked_server_are_not_free() -> None:
    known = choice("localhost:1", "127.0.0.1:1", "b:2")
    known.learn("localhost:1", "a")
    known.learn("127.0.0.1:1", "a")
    assert free(known, "localhost:1", servers=("a",)) == ["b:2"]


def test_a_barred_address_is_free_again_when_a_person_asks() -> None:
    known = choice("a:1")
    known.bar("a:1")
    assert free(known) == []
    known.retry_all()
    assert free(known) == ["a:1"]


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_waits_double_up_to_the_cap_with_at_most_half_of_jitter(seed: int, failures: int) -> None:
    known = ServerChoice(["a:1"], SETTINGS, random.Random(seed))
    for count in range(failures):
        known.failed("a:1", 100.0)
        longest_s = min(0.1 * 2**count, 10.0)
        assert longest_s / 2 - 1e-9 <= known.place("a:1").not_before - 100.0 <= longest_s + 1e-9


def test_a_link_that_worked_for_a_while_starts_the_waits_over() -> None:
    known = choice("a:1")
    for _ in range(9):
        known.failed("a:1", 100.0)
    known.failed("a:1", 200.0, was_steady=True)
    assert known.place("a:1").not_before <= 200.1


def test_who_sent_us_away_is_asked_again_when_the_other_one_fails() -> None:
    known = choice("a:1", "b:2")
    known.declined("a:1", "b:2", 100.0)
    assert known.is_redirected(100.0)
    assert known.place("a:1").declined_until == 100.0 + SETTINGS.declined_s
    known.failed("b:2", 100.5)
    assert not known.is_redirected(100.5)


def test_being_sent_to_a_server_that_has_just_died_is_taken_for_a_mistake() -> None:
    known = choice("a:1", "b:2")
    known.failed("b:2", 100.0)
    known.declined("a:1", "b:2", 100.1)
    assert known.place("a:1").declined_until == 100.1 + SETTINGS.declined_by_mistake_s


def test_a_server_that_came_back_is_dialled_soon_however_long_it_was_away() -> None:
    known = choice("a:1", "b:2")
    known.learn("b:2", "b")
    known.heard_of("b", 0.0, is_up=False)
    for _ in range(10):
        known.failed("b:2", 0.0)
    assert known.place("b:2").not_before > 1.0
    known.heard_of("b", 1.0, is_up=True)
    assert known.place("b:2").not_before <= 1.0 + SETTINGS.return_spread_s


def test_a_server_that_only_we_cannot_reach_is_not_dialled_more_often() -> None:
    known = choice("a:1", "b:2")
    known.learn("b:2", "b")
    known.heard_of("b", 0.0, is_up=True)
    for _ in range(10):
        known.failed("b:2", 0.0)
    later = known.place("b:2").not_before
    known.heard_of("b", 1.0, is_up=True)
    assert known.place("b:2").not_before == later
