"""The fold: one table of kinds, one verdict for each record (pure).

`judge` is asked twice with the same code: before a request is appended, against the committed
state, so that hardly any refused one is archived; and when its record is committed, where the
answer counts. So a request that lost a race is archived and void, on both servers alike.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from server.archive.erasing import decode_erased, is_erased
from server.archive.record import Draft, Header, Record, Span
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.administration import (
    fold_reset,
    fold_settings,
    fold_standing,
    is_act,
    judge_reset,
    judge_settings,
    judge_standing,
)
from server.state.bodies import (
    AddBody,
    AdministerBody,
    DeleteBody,
    DeleteRoomBody,
    DeviceBody,
    EditBody,
    FriendBody,
    GroupBody,
    InviteBody,
    LeaveBody,
    MarksBody,
    MemberBody,
    MessageBody,
    PasswordBody,
    ReactBody,
    RemoveBody,
    RenameBody,
    ResetBody,
    RevokeBody,
    RoomBody,
    SeenBody,
    SettingsBody,
    StandingBody,
    TakeBackBody,
    TopicBody,
    UnregisterBody,
)
from server.state.changes import (
    fold_delete,
    fold_edit,
    fold_react,
    judge_delete,
    judge_edit,
    judge_react,
)
from server.state.friendships import fold_friend, judge_friend
from server.state.groups import (
    fold_add,
    fold_administer,
    fold_group,
    fold_remove,
    judge_add,
    judge_administer,
    judge_group,
    judge_remove,
)
from server.state.invites import fold_invite, fold_take_back, judge_invite, judge_take_back
from server.state.leaving import fold_unregister, judge_unregister
from server.state.messages import fold_message, judge_message
from server.state.receipts import fold_marks, judge_marks
from server.state.rooms import (
    fold_delete_room,
    fold_leave,
    fold_member,
    fold_rename,
    fold_room,
    fold_topic,
    judge_delete_room,
    judge_leave,
    judge_member,
    judge_rename,
    judge_room,
    judge_topic,
)
from server.state.sightings import fold_seen, judge_seen
from server.state.state import State, VoidRecord
from server.state.told import ADMINISTRATORS, Marked, Outcome, Told
from server.state.users import (
    fold_device,
    fold_password,
    fold_revoke,
    judge_device,
    judge_password,
    judge_revoke,
)


class Kind(msgspec.Struct, frozen=True):
    """How records of one kind are read, judged and folded."""

    body: type[msgspec.Struct]
    judge: Callable[[State, Header | Draft, Any], Refusal | None]
    fold: Callable[[State, Header, Any], Told | Marked | None]


KINDS: Final[dict[str, Kind]] = {
    "device": Kind(DeviceBody, judge_device, fold_device),
    "message": Kind(MessageBody, judge_message, fold_message),
    "edit": Kind(EditBody, judge_edit, fold_edit),
    "delete": Kind(DeleteBody, judge_delete, fold_delete),
    "react": Kind(ReactBody, judge_react, fold_react),
    "room": Kind(RoomBody, judge_room, fold_room),
    "member": Kind(MemberBody, judge_member, fold_member),
    "leave": Kind(LeaveBody, judge_leave, fold_leave),
    "rename": Kind(RenameBody, judge_rename, fold_rename),
    "topic": Kind(TopicBody, judge_topic, fold_topic),
    "delete_room": Kind(DeleteRoomBody, judge_delete_room, fold_delete_room),
    "group": Kind(GroupBody, judge_group, fold_group),
    "add": Kind(AddBody, judge_add, fold_add),
    "remove": Kind(RemoveBody, judge_remove, fold_remove),
    "administer": Kind(AdministerBody, judge_administer, fold_administer),
    "friend": Kind(FriendBody, judge_friend, fold_friend),
    "password": Kind(PasswordBody, judge_password, fold_password),
    "revoke": Kind(RevokeBody, judge_revoke, fold_revoke),
    "unregister": Kind(UnregisterBody, judge_unregister, fold_unregister),
    "marks": Kind(MarksBody, judge_marks, fold_marks),
    "seen": Kind(SeenBody, judge_seen, fold_seen),
    "invite": Kind(InviteBody, judge_invite, fold_invite),
    "take_back": Kind(TakeBackBody, judge_take_back, fold_take_back),
    "standing": Kind(StandingBody, judge_standing, fold_standing),
    "reset": Kind(ResetBody, judge_reset, fold_reset),
    "settings": Kind(SettingsBody, judge_settings, fold_settings),
}

_decoders: Final = {name: msgspec.msgpack.Decoder(kind.body) for name, kind in KINDS.items()}


def decode_body(kind: str, body: bytes) -> msgspec.Struct | None:
    """The body of a record, or None when it is of no kind that is known here."""
    decoder = _decoders.get(kind)
    if decoder is None:
        return None
    try:
        return decode_erased(body) if is_erased(kind, body) else decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None


def judge_draft(state: State, draft: Draft) -> Refusal | None:
    """The verdict that a draft would get now; `bad_request` when its body is no body."""
    body = decode_body(draft.kind, draft.body)
    if body is None:
        return Refusal("bad_request", {"reason": f"no body of kind {draft.kind[:32]}"})
    used = state.counters.get(draft.device)
    is_full = used is not None and len(used) >= limits.COUNTER_RANGES_MAX and draft.origin is None
    if used is not None and is_full and used.is_apart(draft.counter):
        # Not in the fold: what stands in the log has taken its counter.
        return Refusal("too_many_gaps", {"limit": limits.COUNTER_RANGES_MAX})
    return _judge(KINDS[draft.kind], state, draft, body)


def _judge(kind: Kind, state: State, header: Header | Draft, body: msgspec.Struct) -> Refusal | None:
    device = state.devices.get(header.device)
    if device is not None and header.origin is None:
        if state.users[device.user].has_left:
            return Refusal("unregistered")
        # What it wrote before stays, and what a merge brings was written before.
        if device.is_revoked:
            return Refusal("device_revoked")
        if state.users[device.user].is_disabled:
            return Refusal("account_disabled")
    return kind.judge(state, header, body)


def fold(state: State, record: Record) -> Outcome:
    """Give the record its verdict and make the state mean it. The record must be the next one."""
    header = record.header
    assert header.index == state.index + 1, (header.index, state.index)
    if record.is_epoch:
        state.spans.append(Span(header.epoch, header.index, record.members()))
        outcome = Outcome()
    else:
        outcome = _fold_request(state, record)
    state.index, state.hash = header.index, record.hash
    return outcome


def _fold_request(state: State, record: Record) -> Outcome:
    header = record.header
    body = decode_body(header.kind, record.body)
    known = state.has_seen if header.origin is None else state.is_settled
    if known(header.device, header.counter):
        # The first record of an id counts; but a void one gives way to what the other server had accepted.
        return Outcome(Refusal("id_reuse", {"counter": header.counter}))
    state.use(header.device, header.counter)
    if body is None:
        # Written by a newer version: kept and passed on, but nothing is understood.
        return Outcome()
    kind = KINDS[header.kind]
    refusal = _judge(kind, state, header, body)
    if refusal is None:
        if header.origin is not None:
            state.voids.pop(record.id, None)
        change = kind.fold(state, header, body)
        return Outcome(marked=change) if isinstance(change, Marked) else Outcome(told=change)
    state.voids[record.id] = VoidRecord(
        *record.id, refusal.code, refusal.arguments, is_withdrawn=header.origin is not None
    )
    owner = state.user_of_device(header.device)
    if header.origin is None or owner is None:
        return Outcome(refusal)
    # It was acknowledged before the merge: whoever asked for it is told that it does not hold.
    others = (ADMINISTRATORS,) if is_act(state, body) else ()
    return Outcome(refusal, Told(audience=owner.id, others=others))
