"""Who was put out of a group is in it again after a merge, and writes there."""

from typing import Final

from server.archive.record import Header
from server.state.bodies import RemoveBody
from server.state.fold import KINDS, Kind
from server.state.groups import fold_remove, judge_remove
from server.state.state import State
from server.state.told import Told

TARGET: Final = "server.state.fold.KINDS"


def _fold(state: State, header: Header, body: RemoveBody) -> Told | None:
    return None if header.origin is not None else fold_remove(state, header, body)


replacement: Final = {**KINDS, "remove": Kind(RemoveBody, judge_remove, _fold)}
