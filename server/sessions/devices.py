"""Devices: the person's own, as they are told."""

from typing import TYPE_CHECKING

from server.protocol import events, requests
from server.protocol.facts import DeviceFacts

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session


def tell_devices(hub: "Hub", session: "Session", request: requests.Devices) -> None:
    """Those that may sign in."""
    assert session.user is not None
    assert session.device is not None
    devices = [
        DeviceFacts(device.id, device.name, device.since_ms, device.id == session.device.id)
        for device in hub.state.devices_of(session.user.id)
    ]
    session.tell(events.DeviceList(answer=request.id, devices=devices))
    session.listed(len(hub.state.devices))
