"""People and their devices: the verdict on a first sign-in, and what it changes."""

import hashlib

import msgspec

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.names import clean_person_name, free_name, name_key
from server.state.bodies import DeviceBody, PasswordBody, RevokeBody, Way
from server.state.invites import refusal_of_invite, use_invite
from server.state.sightings import has_expired
from server.state.standings import ChatAct, may
from server.state.state import GENERAL, OPERATOR, Device, State, User
from server.state.told import ADMINISTRATORS, Told


def judge_device(state: State, header: Header | Draft, body: DeviceBody) -> Refusal | None:
    """A device is bound once, to one name and one secret; what a merge re-submits was let in already."""
    if header.device in state.devices:
        return Refusal("wrong_secret")
    if body.user in state.rooms:
        # Whoever had the id of a room would be told what is written there.
        return Refusal("bad_request", {"reason": "the id of a room"})
    if header.origin is not None or body.way == Way.OPERATOR:
        return None
    if clean_person_name(body.name) != body.name:
        return Refusal("bad_name", {"name": body.name[:64]})
    user_id = state.user_by_name.get(name_key(body.name))
    if user_id is None:
        return _judge_person(state, header, body)
    user = state.users[user_id]
    if user.has_left:
        # What that one wrote stands under it.
        return Refusal("name_taken", {"name": body.name})
    if body.way == Way.RESET:
        refusal = refusal_of_reset(state, user, body.code, header.time_ms)
    elif body.password and body.way != Way.REHASH:
        refusal = Refusal("name_taken", {"name": body.name})
    else:
        # Checked against another password than the one it has by now?
        refusal = None if body.proof == proof_of(user.password) else Refusal("wrong_password")
    if refusal is None and user.is_disabled:
        return Refusal("account_disabled")
    # Then all others are signed out.
    is_one = body.way == Way.RESET or (state.settings.one_device and bool(user.password))
    if refusal is None and not is_one and _has_all_devices(state, user, header.time_ms):
        return Refusal("too_many_devices", {"limit": limits.DEVICES_PER_USER_MAX})
    return refusal


def _has_all_devices(state: State, user: User, time_ms: int) -> bool:
    """Whether somebody has as many as one may. Those that expired are nobody's way in.

    Without a password nothing slows anybody down who signs in under the name, and out, without end: every
    device counts that there ever was, for it is kept.
    """
    if user.devices < limits.DEVICES_PER_USER_MAX:
        return False
    if not user.password:
        return True
    alive = sum(not has_expired(state, device, time_ms) for device in state.devices_of(user.id))
    return alive >= limits.DEVICES_PER_USER_MAX


def _judge_person(state: State, header: Header | Draft, body: DeviceBody) -> Refusal | None:
    """Somebody new. Whether a code is needed at all, the server that was asked has decided."""
    if body.proof or body.way in {Way.RESET, Way.REHASH}:
        return Refusal("wrong_password")
    if name_key(body.name) == OPERATOR:
        # The audit tells by this name what was done on the machine of a server.
        return Refusal("name_taken", {"name": body.name})
    if len(state.users) >= limits.PEOPLE_MAX:
        return Refusal("room_full", {"limit": limits.PEOPLE_MAX})
    if body.user in state.users:
        return Refusal("bad_request", {"reason": "the id of another person"})
    if body.way == Way.SETUP:
        return Refusal("setup_done") if state.administrators() else None
    return refusal_of_invite(state, body.code, header.time_ms) if body.way == Way.INVITE else None


def refusal_of_reset(state: State, user: User | None, code: bytes, time_ms: int) -> Refusal | None:
    """Why a code (SHA-256) gives nobody this account; None: it does."""
    if user is None or not code or user.reset != code or time_ms > user.reset_until_ms:
        return Refusal("bad_reset")
    # Otherwise an administrator who was sent away would come in by the code of the day before.
    return None if may(state, ChatAct.RESET, user.reset_by) else Refusal("bad_reset")


def proof_of(password: str) -> bytes:
    """What a device's record says of the hash that its password was checked against."""
    return hashlib.sha256(password.encode()).digest() if password else b""


def fold_device(state: State, header: Header, body: DeviceBody) -> Told | None:
    """The device belongs to the person of that name, who is made when new and enters `general`.

    After a merge it belongs to whom it belonged before, whoever has that name here.
    """
    if body.way == Way.OPERATOR:
        _fold_operator(state, header, body)
        return None
    if header.origin is None:
        user_id = state.user_by_name.get(name_key(body.name))
    else:
        user_id = header.origin.person if header.origin.person in state.users else None
    if user_id is not None:
        return _fold_known(state, header, state.users[user_id], body)
    new_id = body.user if header.origin is None else header.origin.person or body.user
    name = free_name(body.name, state.user_by_name)
    former_name = body.name if name != body.name else ""
    is_admin = body.way == Way.SETUP
    new = User(new_id, name, 1, (), former_name=former_name, password=body.password, is_admin=is_admin)
    state.put_user(msgspec.structs.replace(new, classic_name=state.classic_people.new(name)))
    _put_device(state, header, new_id, body)
    state.add_member(GENERAL, new_id)
    if body.way == Way.INVITE:
        use_invite(state, body.code, new_id)
    # How somebody became the first administrator belongs to what administrators did.
    others = (ADMINISTRATORS,) if is_admin else ()
    return Told(audience=GENERAL, joined=((GENERAL, new_id),), others=others)


def _fold_known(state: State, header: Header, user: User, body: DeviceBody) -> Told | None:
    """Another device of somebody, who may have another password by it, or only one device at a time."""
    if user.has_left:
        # It came in on the other side of a cut: what was written on it has a writer, and that is all.
        device = _device_of(header, user.id, body)
        state.devices[device.id] = msgspec.structs.replace(device, is_revoked=True)
        return None
    is_moved, is_reset = header.origin is not None, body.way == Way.RESET
    # A merge undoes neither a ban nor a password that was changed on the other side of the cut; and a code
    # that was used there as well, or was good for nothing any more, is used up.
    # When the code was used, was judged there.
    is_good = is_reset and refusal_of_reset(state, user, body.code, 0) is None
    is_right = is_good if is_reset else body.proof == proof_of(user.password)
    is_out = is_moved and (user.is_banned or not is_right)
    is_reset = is_reset and not is_out
    # Under an open name, without a password, anybody could sign out everybody.
    is_alone = not is_out and (is_reset or (state.settings.one_device and bool(user.password)))
    # After a merge the password that was hashed anew may be the person's no longer.
    is_same = body.way == Way.REHASH and body.proof == proof_of(user.password)
    if is_alone:
        sign_out_all(state, user.id)
        user = state.users[user.id]
    if is_reset:
        user = without_reset(user)
    if is_reset or is_same:
        user = msgspec.structs.replace(user, password=body.password)
    state.put_user(msgspec.structs.replace(user, devices=user.devices + 1))
    _put_device(state, header, user.id, body)
    if is_out:
        _revoke(state, state.devices[header.device])
        return Told(audience=user.id, signs_out=True)
    return Told(audience=user.id, signs_out=is_alone) if user.password else None


def _fold_operator(state: State, header: Header, body: DeviceBody) -> None:
    """Nobody's member, in no room."""
    known = state.users.get(OPERATOR) or User(OPERATOR, OPERATOR, 0, (), is_admin=True)
    state.put_user(msgspec.structs.replace(known, devices=known.devices + 1))
    _put_device(state, header, OPERATOR, body)


def judge_password(state: State, header: Header | Draft, body: PasswordBody) -> Refusal | None:
    """Whoever knows the old one. A merge brings no password of a device that was revoked meanwhile."""
    device = state.devices.get(header.device)
    if device is None:
        return Refusal("not_signed_in")
    if device.is_revoked:
        return Refusal("device_revoked")
    if body.proof != proof_of(state.users[device.user].password):
        return Refusal("wrong_password")
    return None if may_decide(state, device) else Refusal("forbidden")


def fold_password(state: State, header: Header, body: PasswordBody) -> Told:
    """All other devices are signed out: whoever knew the old password may be on one of them.

    And nobody needs a code any more.
    """
    user_id = state.devices[header.device].user
    state.put_user(without_reset(msgspec.structs.replace(state.users[user_id], password=body.password)))
    for device in state.devices_of(user_id):
        if device.id != header.device:
            _revoke(state, device)
    # Those that were signed out while there was no password count no more.
    state.put_user(msgspec.structs.replace(state.users[user_id], devices=1))
    return Told(audience=user_id, signs_out=True)


def judge_revoke(state: State, header: Header | Draft, body: RevokeBody) -> Refusal | None:
    """A device of the same person, which it may be itself."""
    own, other = state.devices.get(header.device), state.devices.get(body.device)
    if own is None:
        return Refusal("not_signed_in")
    if own.is_revoked:
        return Refusal("device_revoked")
    if other is None or other.user != own.user:
        return Refusal("unknown_device", {"device": body.device[:64]})
    if other.is_revoked:
        # Signed out on both sides of a cut: the wish is fulfilled.
        return None if header.origin is not None else Refusal("unknown_device", {"device": body.device})
    return None if other.id == own.id or may_decide(state, own) else Refusal("forbidden")


def fold_revoke(state: State, header: Header, body: RevokeBody) -> Told:  # noqa: ARG001 - the table's shape
    """Nothing new is taken from it."""
    device = state.devices[body.device]
    if not device.is_revoked:
        _revoke(state, device)
    return Told(audience=device.user, signs_out=True)


def sign_out_all(state: State, user_id: str) -> None:
    """None of somebody's devices may sign in any more."""
    for device in state.devices_of(user_id):
        _revoke(state, device)


def without_reset(user: User) -> User:
    """No code is good for this account."""
    return msgspec.structs.replace(user, reset=b"", reset_until_ms=0, reset_by="")


def may_decide(state: State, device: Device) -> bool:
    """Whether a device may sign out others. Under an open name anybody may be: there only the first one."""
    is_protected = bool(state.users[device.user].password)
    return is_protected or state.devices_of(device.user)[0].id == device.id


def _put_device(state: State, header: Header, user_id: str, body: DeviceBody) -> None:
    state.devices[header.device] = _device_of(header, user_id, body)


def _device_of(header: Header, user_id: str, body: DeviceBody) -> Device:
    return Device(header.device, user_id, body.secret_hash, body.device_name, header.time_ms)


def _revoke(state: State, device: Device) -> None:
    state.devices[device.id] = msgspec.structs.replace(device, is_revoked=True)
    user = state.users[device.user]
    if user.password:
        state.put_user(msgspec.structs.replace(user, devices=user.devices - 1))
