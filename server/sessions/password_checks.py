"""New devices that come with a password: checked beside the loop, let in or turned away on it."""

import asyncio
import logging
import math
from typing import TYPE_CHECKING, Final

import msgspec

from server.accounts.passwords import BusyError, Passwords
from server.accounts.tries import TryLimit
from server.protocol import requests
from server.protocol.errors import Refusal
from server.protocol.names import name_key
from server.sessions.session import Session
from server.sessions.signing_in import sign_up, turn_away
from server.state.bodies import DeviceBody
from server.state.state import User
from server.state.users import proof_of

if TYPE_CHECKING:
    from server.sessions.hub import Hub

_log = logging.getLogger(__name__)

# Those that wait are done after a second or two.
_BUSY_RETRY_S: Final = 2


class PasswordChecks:
    """Those of all sessions that are under way. On the io thread only."""

    def __init__(self, hub: "Hub") -> None:
        self._hub: Final = hub
        self._passwords: Final = Passwords()
        self._limit: Final = TryLimit()
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    def is_protected(self, name: str) -> bool:
        """Whether there is a person of this name that has a password."""
        user = self._user_of(name)
        return user is not None and bool(user.password)

    def start(self, session: Session, request: requests.SignIn, body: DeviceBody) -> None:
        """Let the device in, with what `body` lacks, or turn it away."""
        task = asyncio.get_running_loop().create_task(self._finish(session, request, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Nobody waits for a check any more."""
        for task in self._tasks:
            task.cancel()
        self._passwords.stop()

    async def _finish(self, session: Session, request: requests.SignIn, body: DeviceBody) -> None:
        try:
            checked = await (
                self._registered(request, body)
                if request.register
                else self._proved(request, body, session.host)
            )
        except BusyError:
            checked = Refusal("busy", {"retry_s": _BUSY_RETRY_S})
        except Exception:
            _log.exception("a password could not be checked")
            checked = Refusal("internal")
        if session.is_ending:
            return
        if isinstance(checked, Refusal):
            turn_away(self._hub, session, request, checked)
        else:
            sign_up(self._hub, session, request, checked)
        self._hub.flush_all()

    async def _registered(self, request: requests.SignIn, body: DeviceBody) -> DeviceBody | Refusal:
        """A new name, protected from the first moment."""
        if self._user_of(body.name) is not None:
            return Refusal("name_taken", {"name": body.name})
        seed = f"{request.device} {request.secret}".encode()
        made = await self._passwords.make(request.password, body.name, seed)
        return made if isinstance(made, Refusal) else msgspec.structs.replace(body, password=made)

    async def _proved(self, request: requests.SignIn, body: DeviceBody, address: str) -> DeviceBody | Refusal:
        """Another device of somebody; nobody, and somebody without a password, are told the same."""
        if not request.password:
            return Refusal("password_needed")
        person, now = name_key(body.name), self._hub.now()
        wait_s = self._limit.wait_s(person, address, now)
        if wait_s:
            return Refusal("too_many_tries", {"retry_s": math.ceil(wait_s)})
        self._limit.begin(person, address, now)
        user = self._user_of(body.name)
        encoded = user.password if user is not None else ""
        if not await self._passwords.is_right(request.password, encoded):
            return Refusal("wrong_password")
        self._limit.succeeded(person, address)
        return msgspec.structs.replace(body, proof=proof_of(encoded))

    def _user_of(self, name: str) -> User | None:
        # One look: a merge may just put another state in this one's place.
        state = self._hub.state
        user_id = state.user_by_name.get(name_key(name))
        return None if user_id is None else state.users[user_id]
