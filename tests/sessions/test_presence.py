"""Presence: who is online at either server, counted as it goes."""

import random

from server.sessions.presence import Presence


def test_the_count_is_that_of_all_who_are_online_whatever_came_before(rng: random.Random) -> None:
    presence = Presence()
    here: list[str] = []
    people = [f"user-{n}" for n in range(6)]
    for _ in range(500):
        happens = rng.random()
        if happens < 0.5:
            here.append(rng.choice(people))
            presence.enter(here[-1])
        elif happens < 0.9 and here:
            presence.leave(here.pop(rng.randrange(len(here))))
        else:
            presence.hear(rng.sample(people, rng.randrange(len(people))))
        assert presence.online_count == len(presence.online)
        assert set(presence.online_here) == set(here)
