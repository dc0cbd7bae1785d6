"""Why a server ends connections of people who did nothing wrong: it stops, or is no good to them."""

from typing import TYPE_CHECKING, Final

from server.sessions.session import Session
from server.sessions.stages import Stage

if TYPE_CHECKING:
    from server.sessions.hub import Hub


class Goodbyes:
    """Of one hub. On the io thread only."""

    def __init__(self, hub: "Hub") -> None:
        self._hub: Final = hub
        # Since the last merge it is not known whose their devices are.
        self._unsure: set[Session] = set()

    def forget(self, session: Session) -> None:
        """A client is gone."""
        self._unsure.discard(session)

    def stopping(self) -> None:
        """The server stops: every client is told where to go on."""
        hub = self._hub
        for session in list(hub.sessions):
            session.say_goodbye("shutting_down", hub.peer_address if hub.peer else "")

    def send_away(self) -> None:
        """People who would wait for all that this server has to learn go on at the other one, at once."""
        hub = self._hub
        if not hub.pair.is_behind or hub.peer is None or hub.peer.users >= hub.users_max:
            return
        for session in list(hub.sessions):
            if session.stage is Stage.ACTIVE:
                session.say_goodbye("catching_up", hub.peer_address)

    def send_away_signed_out(self) -> None:
        """A device may sign in no more, or a person: whatever uses it ends, also an idle link."""
        state = self._hub.state
        for session in list(self._hub.sessions):
            device = state.devices.get(session.device.id) if session.device is not None else None
            if device is not None and state.users[device.user].has_left:
                session.say_goodbye("unregistered")
            elif device is not None and state.users[device.user].is_disabled:
                session.say_goodbye("account_disabled")
            elif device is not None and device.is_revoked:
                session.say_goodbye("device_revoked")

    def recheck_people(self, *, is_cut: bool) -> None:
        """A device that was new on both sides of a merge may belong to another person now.

        Asked before anything new is delivered: that is not for whom it belonged to.
        """
        hub = self._hub
        if is_cut:
            self._unsure = {session for session in hub.sessions if session.device is not None}
        for session in list(self._unsure):
            assert session.device is not None
            device = hub.state.devices.get(session.device.id)
            if device is None:
                continue  # Its record is being re-submitted.
            self._unsure.discard(session)
            if device.user != session.device.user:
                session.say_goodbye("merged")
