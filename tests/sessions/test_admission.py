"""Admission: who stays, who goes to the other server, and who must come back later."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sessions.admission import Load, Policy, Verdict, admit

STAY, GO, FULL = Verdict.STAY, Verdict.GO, Verdict.FULL
N = 3


def verdict(
    policy: Policy,
    here: int,
    there: int,
    *,
    is_first: bool = True,
    is_peer_up: bool = True,
    again: bool = False,
    is_behind: bool = False,
) -> Verdict:
    load = Load(here, there, N, is_first=is_first, is_peer_up=is_peer_up, is_behind=is_behind)
    return admit(policy, load, is_redirected=again)


@pytest.mark.parametrize(
    ("policy", "here", "there", "is_first", "expected"),
    [
        # Fill: here as long as there is room.
        (Policy.FILL, 0, 0, True, STAY),
        (Policy.FILL, 2, 0, True, STAY),
        (Policy.FILL, 3, 0, True, GO),
        (Policy.FILL, 3, 2, True, GO),
        (Policy.FILL, 3, 3, True, FULL),
        (Policy.FILL, 4, 5, True, FULL),
        (Policy.FILL, 0, 0, False, STAY),
        (Policy.FILL, 2, 3, False, STAY),
        # Least: where fewer people are; here when there are as many.
        (Policy.LEAST, 0, 0, True, STAY),
        (Policy.LEAST, 1, 1, False, STAY),
        (Policy.LEAST, 1, 2, True, STAY),
        (Policy.LEAST, 2, 1, True, GO),
        (Policy.LEAST, 2, 3, True, STAY),
        (Policy.LEAST, 3, 2, True, GO),
        (Policy.LEAST, 3, 3, True, FULL),
        # In turn: the first server takes the first, third, fifth person of both.
        (Policy.ROUND_ROBIN, 0, 0, True, STAY),
        (Policy.ROUND_ROBIN, 0, 0, False, GO),
        (Policy.ROUND_ROBIN, 1, 0, True, GO),
        (Policy.ROUND_ROBIN, 0, 1, False, STAY),
        (Policy.ROUND_ROBIN, 1, 1, True, STAY),
        (Policy.ROUND_ROBIN, 2, 1, True, GO),
        (Policy.ROUND_ROBIN, 2, 3, True, STAY),
        (Policy.ROUND_ROBIN, 3, 3, True, FULL),
    ],
)
def test_where_the_next_person_belongs(
    policy: Policy, here: int, there: int, is_first: bool, expected: Verdict
) -> None:
    assert verdict(policy, here, there, is_first=is_first) is expected


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("here", [0, 3, 100])
def test_while_the_other_server_is_away_everybody_stays(policy: Policy, here: int) -> None:
    assert verdict(policy, here, 0, is_peer_up=False) is STAY
    assert verdict(policy, here, 99, is_peer_up=False, is_first=False) is STAY


@pytest.mark.parametrize("policy", Policy)
def test_who_was_sent_here_is_not_sent_back_while_there_is_room(policy: Policy) -> None:
    for here in range(N):
        for there in range(2 * N):
            assert verdict(policy, here, there, is_first=False, again=True) is STAY


loads = st.builds(
    Load,
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(1, 9),
    st.booleans(),
    st.booleans(),
)


@given(st.sampled_from(Policy), loads, st.booleans())
def test_nobody_is_refused_while_one_of_the_two_has_room_or_one_is_away(
    policy: Policy, load: Load, is_redirected: bool
) -> None:
    found = admit(policy, load, is_redirected=is_redirected)
    both_full = min(load.users_here, load.users_there) >= load.users_max
    assert (found is FULL) == (load.is_peer_up and both_full)
    if found is GO:
        assert load.users_there < load.users_max


@given(st.sampled_from(Policy), st.integers(1, 9), st.integers(0, 30))
def test_r0_4_a_crowd_fills_both_servers_and_is_refused_only_beyond(
    policy: Policy, users_max: int, people: int
) -> None:
    users = [0, 0]
    refused = 0
    for _ in range(people):
        place, is_redirected = 0, False
        while True:
            load = Load(users[place], users[1 - place], users_max, is_first=place == 0, is_peer_up=True)
            found = admit(policy, load, is_redirected=is_redirected)
            if found is not GO:
                break
            # Sent to the other server once, never to and fro.
            assert not is_redirected
            place, is_redirected = 1 - place, True
        users[place] += found is STAY
        refused += found is FULL
    assert sum(users) == min(people, 2 * users_max)
    assert refused == people - sum(users)
    assert max(users) <= users_max


@pytest.mark.parametrize("policy", list(Policy))
def test_a_server_that_is_behind_sends_everybody_who_was_not_sent_to_it(policy: Policy) -> None:
    assert verdict(policy, 0, 0, is_behind=True) is GO
    assert verdict(policy, 0, 0, is_behind=True, again=True) is STAY
    # Better slow than not at all.
    assert verdict(policy, 0, N, is_behind=True) is STAY
    assert verdict(policy, 0, 0, is_behind=True, is_peer_up=False) is STAY
