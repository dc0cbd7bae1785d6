"""Passwords that are shown or changed: checked beside the loop, answered on it."""

import asyncio
import hmac
import logging
import math
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from server.accounts.passwords import BusyError, Passwords
from server.accounts.proofs import setup_code
from server.accounts.tries import ADDRESS_NEW_MAX, AddressLimit, TryLimit
from server.archive.record import Draft
from server.network.origins import origin_of
from server.protocol import requests
from server.protocol.errors import Refusal
from server.protocol.names import name_key
from server.protocol.one_time_codes import code_hash
from server.sessions.certainty import is_certain, is_level
from server.sessions.session import Session
from server.sessions.signing_in import sign_up, turn_away
from server.state.bodies import DeviceBody, PasswordBody, UnregisterBody, Way
from server.state.fold import decode_body
from server.state.invites import refusal_of_invite
from server.state.state import Device, User
from server.state.users import proof_of, refusal_of_reset

if TYPE_CHECKING:
    from server.sessions.hub import Hub

T = TypeVar("T")

_log = logging.getLogger(__name__)

# Those that wait are done after a second or two.
_BUSY_RETRY_S: Final = 2
# What this server may only not know yet: a merge brings people, invites, passwords and codes.
_UNCERTAIN: Final = frozenset({"password_needed", "wrong_password", "bad_invite", "bad_reset"})
# To hash a password, and to judge a new one, takes as long as some searches.
_SEARCHES_PER_ACT: Final = 3.0


class PasswordChecks:
    """Those of all sessions that are under way. On the io thread only."""

    def __init__(self, hub: "Hub") -> None:
        self._hub: Final = hub
        self._passwords: Final = Passwords()
        self._limit: Final = TryLimit()
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._new_limit: Final = AddressLimit(ADDRESS_NEW_MAX)
        # By person: many connections of one are no more.
        self._acting: Final[set[str]] = set()

    def is_protected(self, name: str) -> bool:
        """Whether there is a person of this name that has a password."""
        user = self._user_of(name)
        return user is not None and bool(user.password)

    def start(self, session: Session, request: requests.SignIn, body: DeviceBody) -> None:
        """Let the device in, with what `body` lacks, or turn it away."""
        self._start(self._finish(session, request, body))

    def start_act(self, session: Session, request: requests.ChangePassword | requests.Unregister) -> None:
        """Have it archived, or say why not; one at a time of a person, for there are few places."""
        assert session.user is not None
        if session.user.id in self._acting:
            session.refuse(request.id, Refusal("too_many_requests", {"limit": 1}))
            return
        session.searched(_SEARCHES_PER_ACT)
        self._acting.add(session.user.id)
        self._start(self._act(session, session.user.id, request))

    def stop(self) -> None:
        """Nobody waits for a check any more."""
        for task in self._tasks:
            task.cancel()
        self._passwords.stop()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, session: Session, request: requests.SignIn, body: DeviceBody) -> None:
        # Before anything is looked at: what comes meanwhile may be what it is about.
        is_sure = await is_certain(self._hub)
        checked = await _checked(
            self._registered(request, body, session.host)
            if request.register
            else self._proved(request, body, session.host)
        )
        if session.is_ending:
            return
        if isinstance(checked, Refusal) and checked.code in _UNCERTAIN and not is_sure:
            checked = Refusal("unknown")
        if isinstance(checked, Refusal):
            turn_away(self._hub, session, request, checked)
        else:
            sign_up(self._hub, session, request, checked)
        self._hub.flush_all()

    async def _act(
        self, session: Session, person: str, request: requests.ChangePassword | requests.Unregister
    ) -> None:
        try:
            checked = await _checked(self._acted(session, request))
        finally:
            self._acting.discard(person)
        if session.is_ending:
            return
        if isinstance(checked, Refusal):
            session.refuse(request.id, checked)
        else:
            assert session.device is not None
            kind, body = _kind_of(request), msgspec.msgpack.encode(checked)
            draft = Draft(kind, session.device.id, request.counter, self._hub.time_ms(), body)
            session.ask_and_answer(request.id, draft)
        self._hub.flush_all()

    async def _acted(
        self, session: Session, request: requests.ChangePassword | requests.Unregister
    ) -> PasswordBody | UnregisterBody | Refusal:
        """What is archived for it; for a retry the same to the last byte, whatever has changed since."""
        device, user = session.device, session.user
        assert device is not None
        assert user is not None
        user = self._hub.user_now(user)
        archived = await asyncio.to_thread(self._archived, device.id, request.counter)
        if isinstance(request, requests.ChangePassword):
            return await self._changed(session.host, device, user, request, archived)
        if user.password:
            refusal = await self._refusal_of(
                request.password, user.password, name_key(user.name), session.host
            )
            if refusal is not None:
                return refusal
        return archived if isinstance(archived, UnregisterBody) else UnregisterBody(proof_of(user.password))

    async def _changed(
        self, address: str, device: Device, user: User, request: requests.ChangePassword, archived: object
    ) -> PasswordBody | Refusal:
        person = name_key(user.name)
        if isinstance(archived, PasswordBody):
            # A try like any other, or it would tell whoever has the device what the password is.
            return await self._refusal_of(request.new, archived.password, person, address) or archived
        if user.password:
            refusal = await self._refusal_of(request.old, user.password, person, address)
            if refusal is not None:
                return refusal
        seed = f"{device.id} {request.counter} ".encode() + device.secret_hash
        made = await self._passwords.make(request.new, user.name, seed)
        return made if isinstance(made, Refusal) else PasswordBody(made, proof_of(user.password))

    def _archived(self, device: str, counter: int) -> msgspec.Struct | None:
        """What stands in the archive under a counter. In a worker's thread."""
        index = self._hub.store.index_of_id(device, counter)
        record = None if index is None else self._hub.store.record(index)
        return None if record is None else decode_body(record.header.kind, record.body)

    async def _registered(
        self, request: requests.SignIn, body: DeviceBody, address: str
    ) -> DeviceBody | Refusal:
        """A new name, protected from the first moment."""
        way = self._way_of(request.code)
        if isinstance(way, Refusal):
            return way
        if self._user_of(body.name) is not None:
            return Refusal("name_taken", {"name": body.name})
        made = await self._made(request, body, address)
        if isinstance(made, Refusal):
            return made
        code = code_hash(request.code) if way == Way.INVITE else b""
        return msgspec.structs.replace(body, password=made, way=way, code=code)

    def _way_of(self, code: str) -> str | Refusal:
        """How somebody new comes in with this code; it is looked at before any password is hashed."""
        state, facts = self._hub.state, self._hub.facts
        if not code:
            return "" if self._hub.facts.is_open else Refusal("invite_needed")
        if facts.cluster_secret and hmac.compare_digest(code, setup_code(facts.cluster_secret)):
            return Refusal("setup_done") if state.administrators() else Way.SETUP
        return refusal_of_invite(state, code_hash(code), self._hub.time_ms()) or Way.INVITE

    async def _proved(self, request: requests.SignIn, body: DeviceBody, address: str) -> DeviceBody | Refusal:
        """Another device of somebody; nobody, and somebody without a password, are told the same."""
        if not request.password:
            return Refusal("password_needed")
        user = self._user_of(body.name)
        if request.code:
            return await self._reset(request, body, user, address)
        encoded = user.password if user is not None else ""
        refusal = await self._refusal_of(request.password, encoded, name_key(body.name), address)
        if refusal is not None:
            return refusal
        body = msgspec.structs.replace(body, proof=proof_of(encoded))
        if not self._passwords.is_outdated(encoded):
            return body
        made = await self._passwords.make_again(request.password, _seed(request))
        return msgspec.structs.replace(body, password=made, way=Way.REHASH)

    async def _reset(
        self, request: requests.SignIn, body: DeviceBody, user: User | None, address: str
    ) -> DeviceBody | Refusal:
        """Somebody who forgot the password takes another one, with an administrator's code."""
        code = code_hash(request.code)
        refusal = refusal_of_reset(self._hub.state, user, code, self._hub.time_ms())
        if refusal is not None:
            return refusal
        made = await self._made(request, body, address)
        if isinstance(made, Refusal):
            return made
        return msgspec.structs.replace(body, password=made, way=Way.RESET, code=code)

    async def _made(self, request: requests.SignIn, body: DeviceBody, address: str) -> str | Refusal:
        """The hash of the password that somebody takes who is not signed in."""
        now, origin = self._hub.now(), origin_of(address)
        wait_s = self._new_limit.wait_s(origin, now)
        if wait_s:
            return Refusal("too_many_tries", {"retry_s": math.ceil(wait_s)})
        if self._passwords.is_busy:
            raise BusyError
        # Also when it comes to nothing: the effort is the same.
        self._new_limit.begin(origin, now)
        return await self._passwords.make(request.password, body.name, _seed(request))

    async def _refusal_of(self, password: str, encoded: str, person: str, address: str) -> Refusal | None:
        """Why this password does not show that somebody is this person; None: it does."""
        now, origin = self._hub.now(), origin_of(address)
        wait_s = self._limit.wait_s(person, origin, now)
        if wait_s:
            return Refusal("too_many_tries", {"retry_s": math.ceil(wait_s)})
        if self._passwords.is_busy:
            # Not a try: nothing is looked at.
            raise BusyError
        self._limit.begin(person, origin, now)
        if not await self._passwords.is_right(password, encoded):
            if not encoded and not is_level(self._hub.pair):
                # Whose password it is may be on its way; nobody's is found out by trying.
                self._limit.give_back(person, origin)
            _log.info("a wrong password for %s, from %s", person, address)
            return Refusal("wrong_password")
        self._limit.succeeded(person, origin)
        return None

    def _user_of(self, name: str) -> User | None:
        # One look: a merge may just put another state in this one's place.
        state = self._hub.state
        user_id = state.user_by_name.get(name_key(name))
        return None if user_id is None else state.users[user_id]


def _seed(request: requests.SignIn) -> bytes:
    """What the salt of the password follows from."""
    return f"{request.device} {request.secret}".encode()


def _kind_of(request: requests.ChangePassword | requests.Unregister) -> str:
    """The kind of its record."""
    return "password" if isinstance(request, requests.ChangePassword) else "unregister"


async def _checked(work: Coroutine[None, None, T | Refusal]) -> T | Refusal:
    try:
        return await work
    except BusyError:
        return Refusal("busy", {"retry_s": _BUSY_RETRY_S})
    except Exception:
        _log.exception("a password could not be checked")
        return Refusal("internal")
