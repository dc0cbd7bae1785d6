"""Refusals that a server gives by what it has itself, and must not give while it may lack something.

A client may know of a message, a file or a person from the other server. A refusal is for good (P5); so what
is not here is looked for again until this server has all there is, and then it is certain.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from server.engine.round import PairState
from server.protocol import limits
from server.protocol.errors import Refusal

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

_T = TypeVar("_T")

# So long something that is not here may come yet, and how often it is looked for.
_LOOK_S_MAX: Final = limits.ANSWER_S_MAX - 5.0
_AGAIN_S: Final = 0.1
# Who signs in is to be told within some seconds.
_WAITS_MAX: Final = 20
# What somebody else may have, or may have made.
_UNCERTAIN: Final = frozenset({"unknown_message", "unknown_person", "unknown_file"})


def knows_all(hub: "Hub", session: "Session") -> bool:
    """Whether what is not here is nowhere.

    A follower that does not count is behind; and what the client asked before may be what it means.
    """
    return is_level(hub.pair) and not session.is_asking


async def is_certain(hub: "Hub") -> bool:
    """Whether a look from here on tells what is nowhere. What stands in the log comes first, if soon."""
    end = hub.engine.known_end
    for _ in range(_WAITS_MAX):
        if hub.state.index >= min(end, hub.engine.known_end):
            return is_level(hub.pair)
        await asyncio.sleep(_AGAIN_S)
    return False


def is_level(pair: PairState) -> bool:
    """Whether this server has all that is committed anywhere."""
    has_all = pair.mode == "dual" or (pair.role == "leader" and pair.mode != "waiting")
    return has_all and not (pair.is_behind or pair.is_merging)


async def certain(
    hub: "Hub", session: "Session", look: Callable[[], Awaitable[_T | Refusal]]
) -> _T | Refusal:
    """What is found, or a refusal that holds: `unknown` when it cannot be told in time."""
    until_s = hub.now() + _LOOK_S_MAX
    # What the client asked another connection for may stand in the log and not be committed yet.
    end = hub.engine.known_end
    while True:
        # Before the look: what comes meanwhile may be what it is about.
        has_all = hub.state.index >= min(end, hub.engine.known_end)
        is_certain = has_all and knows_all(hub, session)
        found = await look()
        if not isinstance(found, Refusal) or found.code not in _UNCERTAIN or is_certain or session.is_ending:
            return found
        if hub.now() > until_s:
            return Refusal("unknown")
        await asyncio.sleep(_AGAIN_S)
