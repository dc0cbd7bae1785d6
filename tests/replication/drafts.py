"""What people ask for in the transcripts of two engines."""

from typing import Final

import msgspec

from server.archive.record import Draft
from server.state.bodies import DeviceBody, MessageBody, RoomBody
from server.state.state import GENERAL

encode: Final = msgspec.msgpack.Encoder().encode


def device(name: str, person: str = "") -> Draft:
    """A first sign-in; the person has the device's name unless another is given."""
    return Draft("device", name, 0, 5, encode(DeviceBody(f"user of {name}", person or f"Person {name}", b"")))


def message(device: str, counter: int, room: str = GENERAL) -> Draft:
    """A message of a device."""
    return Draft("message", device, counter, 1000 + counter, encode(MessageBody(room, f"{device} {counter}")))


def room(device: str, counter: int, name: str) -> Draft:
    """A room; its id is `DEVICE-COUNTER`."""
    return Draft("room", device, counter, 5, encode(RoomBody(f"{device}-{counter}", name)))
