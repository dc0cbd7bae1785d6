"""Nobody looks whether a request was archived already."""

from typing import Final

from server.state.state import State

TARGET: Final = "server.state.state.State.has_seen"


def replacement(self: State, device: str, counter: int) -> bool:
    return False
