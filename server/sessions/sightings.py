"""Sightings: which devices are in use, kept in the archive to the day."""

import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.record import Draft
from server.state.bodies import SeenBody
from server.state.sightings import is_news

if TYPE_CHECKING:
    from server.sessions.hub import Hub

# A day is what is kept: connections that stay open are looked at now and then.
_LOOK_EVERY_S: Final = 3600.0


class Sightings:
    """Of one hub. On the io thread only."""

    def __init__(self, hub: "Hub") -> None:
        self._hub: Final = hub
        # Its records have ids of its own, anew for each life: a device's counters are its client's.
        self._device: Final = secrets.token_hex(16)
        self._counter = 0
        self._looked_at = hub.now()

    def note(self, device_id: str) -> None:
        """The device is in use now."""
        state, time_ms = self._hub.state, self._hub.time_ms()
        device = state.devices.get(device_id)
        if device is None or not is_news(state, device, time_ms):
            return
        self._counter += 1
        body = msgspec.msgpack.encode(SeenBody(device_id))
        # What becomes of it is nobody's care: it is noted again at the next look.
        self._hub.ask(Draft("seen", self._device, self._counter, time_ms, body), lambda _answer: None)

    def look(self) -> None:
        """Time passed."""
        if self._hub.now() - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = self._hub.now()
        for device in {session.device.id for session in self._hub.sessions if session.device is not None}:
            self.note(device)
