"""A mark counts wherever it was made: after a merge it claims what the other side wrote."""

from typing import Final

from server.state.bodies import MarksBody
from server.state.state import State

TARGET: Final = "server.state.receipts.shared_end"


def replacement(state: State, body: MarksBody) -> int:
    return state.index
