"""When devices were last in use: what is forgotten in a drawer must not open the door for ever."""

from typing import Final

import msgspec

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.bodies import SeenBody
from server.state.state import OPERATOR, Device, State

_DAY_MS: Final = 24 * 3600 * 1000


def has_expired(state: State, device: Device, time_ms: int) -> bool:
    """Whether the device must sign in anew: unused for too long, or known for too long.

    Not under a name without a password, which every device may use anyway.
    """
    if device.user == OPERATOR or not state.users[device.user].password:
        return False
    is_idle = time_ms - max(device.seen_ms, device.since_ms) > limits.DEVICE_IDLE_DAYS * _DAY_MS
    return is_idle or time_ms - device.since_ms > limits.DEVICE_DAYS_MAX * _DAY_MS


def is_news(state: State, device: Device, time_ms: int) -> bool:
    """Whether it is worth a record that the device is in use: at most one a day."""
    last_ms = max(device.seen_ms, device.since_ms)
    return bool(state.users[device.user].password) and time_ms - last_ms >= _DAY_MS


def judge_seen(state: State, header: Header | Draft, body: SeenBody) -> Refusal | None:
    """A server says so of a device that may sign in; once a day."""
    device = state.devices.get(body.device)
    if device is None or device.is_revoked:
        return Refusal("unknown_device", {"device": body.device[:64]})
    return None if is_news(state, device, header.time_ms) else Refusal("bad_request", {"reason": "no news"})


def fold_seen(state: State, header: Header, body: SeenBody) -> None:
    """Nobody is told."""
    device = state.devices[body.device]
    state.devices[device.id] = msgspec.structs.replace(device, seen_ms=header.time_ms)
