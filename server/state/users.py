"""People and their devices: the verdict on a first sign-in, and what it changes."""

import hashlib

import msgspec

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.names import clean_person_name, free_name, name_key
from server.state.bodies import DeviceBody, PasswordBody, RevokeBody
from server.state.state import GENERAL, Device, State, User
from server.state.told import Told


def judge_device(state: State, header: Header | Draft, body: DeviceBody) -> Refusal | None:
    """A device is bound once, to one name and one secret; what a merge re-submits was let in already."""
    if header.device in state.devices:
        return Refusal("wrong_secret")
    if header.origin is not None:
        return None
    if clean_person_name(body.name) != body.name:
        return Refusal("bad_name", {"name": body.name[:64]})
    user_id = state.user_by_name.get(name_key(body.name))
    if user_id and body.password:
        return Refusal("name_taken", {"name": body.name})
    if body.proof != proof_of(state.users[user_id].password if user_id else ""):
        # Checked against another password than the one it has by now.
        return Refusal("wrong_password")
    if user_id and state.users[user_id].devices >= limits.DEVICES_PER_USER_MAX:
        return Refusal("too_many_devices", {"limit": limits.DEVICES_PER_USER_MAX})
    if user_id is None and len(state.users) >= limits.PEOPLE_MAX:
        return Refusal("room_full", {"limit": limits.PEOPLE_MAX})
    if user_id is None and body.user in state.users:
        return Refusal("bad_request", {"reason": "the id of another person"})
    return None


def proof_of(password: str) -> bytes:
    """What a device's record says of the hash that its password was checked against."""
    return hashlib.sha256(password.encode()).digest() if password else b""


def fold_device(state: State, header: Header, body: DeviceBody) -> Told | None:
    """The device belongs to the person of that name, who is made when new and enters `general`.

    After a merge it belongs to whom it belonged before, whoever has that name here.
    """
    if header.origin is None:
        user_id = state.user_by_name.get(name_key(body.name))
    else:
        user_id = header.origin.person if header.origin.person in state.users else None
    if user_id is not None:
        user = state.users[user_id]
        state.put_user(msgspec.structs.replace(user, devices=user.devices + 1))
        _put_device(state, header, user_id, body)
        return Told(audience=user_id) if user.password else None
    new_id = body.user if header.origin is None else header.origin.person or body.user
    name = free_name(body.name, state.user_by_name)
    former_name = body.name if name != body.name else ""
    state.put_user(User(new_id, name, 1, (), former_name=former_name, password=body.password))
    _put_device(state, header, new_id, body)
    state.add_member(GENERAL, new_id)
    return Told(audience=GENERAL, joined=((GENERAL, new_id),))


def judge_password(state: State, header: Header | Draft, body: PasswordBody) -> Refusal | None:
    """Whoever knows the old one. A merge brings no password of a device that was revoked meanwhile."""
    device = state.devices.get(header.device)
    if device is None:
        return Refusal("not_signed_in")
    if device.is_revoked:
        return Refusal("device_revoked")
    if body.proof != proof_of(state.users[device.user].password):
        return Refusal("wrong_password")
    return None if _may_decide(state, device) else Refusal("forbidden")


def fold_password(state: State, header: Header, body: PasswordBody) -> Told:
    """All other devices are signed out: whoever knew the old password may be on one of them."""
    user_id = state.devices[header.device].user
    state.put_user(msgspec.structs.replace(state.users[user_id], password=body.password))
    for device in state.devices_of(user_id):
        if device.id != header.device:
            _revoke(state, device)
    return Told(audience=user_id)


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
    return None if other.id == own.id or _may_decide(state, own) else Refusal("forbidden")


def fold_revoke(state: State, header: Header, body: RevokeBody) -> Told:  # noqa: ARG001 - the table's shape
    """Nothing new is taken from it."""
    device = state.devices[body.device]
    if not device.is_revoked:
        _revoke(state, device)
    return Told(audience=device.user)


def _may_decide(state: State, device: Device) -> bool:
    """Whether a device may sign out others. Under an open name anybody may be: there only the first one."""
    is_protected = bool(state.users[device.user].password)
    return is_protected or state.devices_of(device.user)[0].id == device.id


def _put_device(state: State, header: Header, user_id: str, body: DeviceBody) -> None:
    state.devices[header.device] = Device(
        header.device, user_id, body.secret_hash, body.device_name, header.time_ms
    )


def _revoke(state: State, device: Device) -> None:
    state.devices[device.id] = msgspec.structs.replace(device, is_revoked=True)
    user = state.users[device.user]
    state.put_user(msgspec.structs.replace(user, devices=user.devices - 1))
