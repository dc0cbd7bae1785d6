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


PEOPLE = 2_000


def dialled_at(crowd: int, seed: int) -> float:
    """When one of a crowd, which has just lost the server that it was at, dials the other one (s later)."""
    known = ServerChoice(["a:1", "b:2"], SETTINGS, random.Random(seed))
    known.crowd = crowd
    known.failed("a:1", 100.0, was_steady=True)
    assert known.place("b:2").not_before < known.place("a:1").not_before
    return max(0.0, known.place("b:2").not_before - 100.0)


@given(st.integers(0, 2**32))
def test_a_crowd_that_lost_its_server_comes_to_the_other_one_evenly(first_seed: int) -> None:
    times = sorted(dialled_at(PEOPLE, first_seed + n) for n in range(PEOPLE))
    spread_s = SETTINGS.spread_s_per_person * (PEOPLE - SETTINGS.crowd_free)
    assert times[-1] <= spread_s
    # Ten equal parts of the time get a tenth of the people each, as far as chance goes.
    parts = [sum(part <= 10 * time / spread_s < part + 1 for time in times) for part in range(10)]
    assert all(PEOPLE / 20 < count < PEOPLE / 5 for count in parts), parts


def test_in_a_small_chat_nobody_waits_for_others_and_in_a_huge_one_not_for_long() -> None:
    assert {dialled_at(SETTINGS.crowd_free, seed) for seed in range(50)} == {0.0}
    assert max(dialled_at(1_000_000, seed) for seed in range(50)) <= SETTINGS.spread_s_max


def test_the_dials_after_the_first_one_wait_for_nobody_else() -> None:
    known = choice("a:1", "b:2")
    known.crowd = PEOPLE
    known.failed("a:1", 100.0)
    assert known.place("b:2").not_before <= 100.0
    assert known.place("a:1").not_before <= 100.1


def test_a_crowd_comes_back_evenly_as_well() -> None:
    def back_at(seed: int) -> float:
        known = ServerChoice(["a:1", "b:2"], SETTINGS, random.Random(seed))
        known.crowd = PEOPLE
        known.learn("b:2", "b")
        known.heard_of("b", 0.0, is_up=False)
        for _ in range(10):
            known.failed("b:2", 0.0)
        known.heard_of("b", 1.0, is_up=True)
        return known.place("b:2").not_before - 1.0

    times = sorted(back_at(seed) for seed in range(PEOPLE))
    assert times[PEOPLE // 4] < 1.0 < times[3 * PEOPLE // 4] < times[-1] < 2.5
