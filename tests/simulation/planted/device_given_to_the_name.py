"""A merge gives a device to whoever has its person's name on the other side."""

from typing import Final

import msgspec

from server.archive.record import Header
from server.state.bodies import DeviceBody
from server.state.fold import KINDS, Kind
from server.state.state import State
from server.state.told import Told
from server.state.users import fold_device, judge_device

TARGET: Final = "server.state.fold.KINDS"


def _fold(state: State, header: Header, body: DeviceBody) -> Told | None:
    return fold_device(state, msgspec.structs.replace(header, origin=None), body)


replacement: Final = {**KINDS, "device": Kind(DeviceBody, judge_device, _fold)}
