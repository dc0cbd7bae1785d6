"""Admission: at which of the two servers a person signs in (pure).

The limit steers, it does not guard: a person is refused only while both servers are up and both
are full. While one is away the other takes everyone.
"""

import enum

import msgspec


class Policy(enum.StrEnum):
    """How people are spread: fill the first, the one with fewer, or in turn."""

    FILL = "fill"
    LEAST = "least"
    ROUND_ROBIN = "round-robin"


class Load(msgspec.Struct, frozen=True):
    """What one server knows: users here and there, and whether this is the first address.

    `is_behind`: it is still learning what it missed, and would let people wait for that.
    """

    users_here: int
    users_there: int
    users_max: int
    is_first: bool
    is_peer_up: bool
    is_behind: bool = False


class Verdict(enum.Enum):
    """Stay here, go to the other server, or come back later."""

    STAY = "stay"
    GO = "go"
    FULL = "full"


def admit(policy: Policy, load: Load, *, is_redirected: bool) -> Verdict:
    """Where the next person belongs. Who was redirected is not sent back for comfort's sake."""
    if not load.is_peer_up:
        return Verdict.STAY
    if load.is_behind and not is_redirected and load.users_there < load.users_max:
        return Verdict.GO
    if load.users_here >= load.users_max:
        return Verdict.GO if load.users_there < load.users_max else Verdict.FULL
    if is_redirected or load.users_there >= load.users_max:
        return Verdict.STAY
    return Verdict.STAY if _prefers_here(policy, load) else Verdict.GO


def _prefers_here(policy: Policy, load: Load) -> bool:
    match policy:
        case Policy.FILL:
            return True
        case Policy.LEAST:
            return load.users_here <= load.users_there
        case Policy.ROUND_ROBIN:
            # In turn: the first takes the first, third, fifth person of both.
            is_first_in_turn = (load.users_here + load.users_there) % 2 == 0
            return load.is_first == is_first_in_turn
