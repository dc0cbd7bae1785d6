"""A disk that was full takes what comes as soon as there is room: also what was sent behind a refusal."""

from collections.abc import Callable
from typing import Final

from server.engine.pending import Identity, TurnedAway
from server.engine.round import Ask

TARGET: Final = "server.engine.pending.TurnedAway.turns_away"


def replacement(
    self: TurnedAway, ask: Ask, now: float, is_known: Callable[[Identity], bool], *, is_full: bool
) -> bool:
    return is_full and not is_known(ask.draft.id)
