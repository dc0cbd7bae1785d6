"""Who may do what: every cell of the table, tried by folding the record of the act."""

from collections.abc import Callable
from typing import Final

import msgspec
import pytest

from server.state.bodies import (
    AddBody,
    AdministerBody,
    DeleteRoomBody,
    FriendBody,
    GroupBody,
    LeaveBody,
    MemberBody,
    MessageBody,
    RemoveBody,
    RenameBody,
    RoomBody,
    TopicBody,
)
from server.state.friendships import private_room
from server.state.permissions import TABLE, Act, Role, refusal_of, role_of
from server.state.state import GENERAL, RoomKind
from tests.state.acts import founder, standing
from tests.state.archive_of import Archive, act, device, epoch

S, M, F, A = Role.STRANGER, Role.MEMBER, Role.FRIEND, Role.ADMINISTRATOR
# The roles that there are in a kind of room. In the general room everybody is a member, and the
# administrators of the chat administer it.
ROLES: Final = {
    RoomKind.GENERAL: (M, A),
    RoomKind.PUBLIC: (S, M, A),
    RoomKind.GROUP: (S, M, A),
    RoomKind.PRIVATE: (S, M, F),
}
# Who may, by act and kind, written down by hand: the table must say the same.
MAY: Final[dict[Act, dict[RoomKind, str]]] = {
    Act.SEE: {RoomKind.GENERAL: "ma", RoomKind.PUBLIC: "sma", RoomKind.GROUP: "ma", RoomKind.PRIVATE: "mf"},
    Act.READ: {RoomKind.GENERAL: "ma", RoomKind.PUBLIC: "ma", RoomKind.GROUP: "ma", RoomKind.PRIVATE: "mf"},
    Act.WRITE: {RoomKind.GENERAL: "ma", RoomKind.PUBLIC: "ma", RoomKind.GROUP: "ma", RoomKind.PRIVATE: "f"},
    Act.JOIN: {RoomKind.GENERAL: "", RoomKind.PUBLIC: "s", RoomKind.GROUP: "", RoomKind.PRIVATE: ""},
    Act.LEAVE: {RoomKind.GENERAL: "", RoomKind.PUBLIC: "ma", RoomKind.GROUP: "ma", RoomKind.PRIVATE: ""},
    Act.ADD: {RoomKind.GENERAL: "", RoomKind.PUBLIC: "", RoomKind.GROUP: "a", RoomKind.PRIVATE: ""},
    Act.REMOVE: {RoomKind.GENERAL: "", RoomKind.PUBLIC: "a", RoomKind.GROUP: "a", RoomKind.PRIVATE: ""},
    Act.RENAME: {RoomKind.GENERAL: "", RoomKind.PUBLIC: "a", RoomKind.GROUP: "a", RoomKind.PRIVATE: ""},
    Act.DESCRIBE: {RoomKind.GENERAL: "a", RoomKind.PUBLIC: "a", RoomKind.GROUP: "a", RoomKind.PRIVATE: ""},
    Act.DELETE: {RoomKind.GENERAL: "", RoomKind.PUBLIC: "a", RoomKind.GROUP: "a", RoomKind.PRIVATE: ""},
    Act.ADMINISTER: {RoomKind.GENERAL: "", RoomKind.PUBLIC: "a", RoomKind.GROUP: "a", RoomKind.PRIVATE: ""},
    Act.MODERATE: {RoomKind.GENERAL: "a", RoomKind.PUBLIC: "a", RoomKind.GROUP: "a", RoomKind.PRIVATE: ""},
}
CELLS: Final = [(act_, kind, role) for act_ in TABLE for kind in TABLE[act_] for role in ROLES[kind]]
# The records of the acts; to see, to read and to moderate are looked up only.
RECORDS: Final[dict[Act, tuple[str, Callable[[str], msgspec.Struct]]]] = {
    Act.WRITE: ("message", lambda room: MessageBody(room, "hello")),
    Act.JOIN: ("member", MemberBody),
    Act.LEAVE: ("leave", LeaveBody),
    Act.ADD: ("add", lambda room: AddBody(room, "user-z")),
    Act.REMOVE: ("remove", lambda room: RemoveBody(room, "user-m")),
    Act.RENAME: ("rename", lambda room: RenameBody(room, "other-name")),
    Act.DESCRIBE: ("topic", lambda room: TopicBody(room, "weeds")),
    Act.DELETE: ("delete_room", DeleteRoomBody),
    Act.ADMINISTER: ("administer", lambda room: AdministerBody(room, "user-m", True)),
}


@pytest.fixture
def archive() -> Archive:
    """Ada (a) administers a room and a group with Max (m), a former friend; Fay (f) is one, Sam nobody.

    Olga (o) administers the chat.
    """
    people = [
        device(letter, name)
        for letter, name in zip("amfsz", ("Ada", "Max", "Fay", "Sam", "Zoe"), strict=True)
    ]
    found = Archive(epoch(), *people, founder("o", "Olga"))
    for draft in (
        act("room", 1, RoomBody("public", "garden"), name="a"),
        act("member", 1, MemberBody("public"), name="m"),
        act("group", 2, GroupBody("group", "Choir", ("user-m",)), name="a"),
        act("friend", 3, FriendBody("user-f", "ask"), name="a"),
        act("friend", 1, FriendBody("user-a", "accept"), name="f"),
        act("friend", 4, FriendBody("user-m", "ask"), name="a"),
        act("friend", 2, FriendBody("user-a", "accept"), name="m"),
        act("friend", 5, FriendBody("user-m", "remove"), name="a"),
    ):
        assert found.add(draft).refusal is None, draft
    return found


def stage(kind: RoomKind, role: Role) -> tuple[str, str]:
    """The room, and the device of a person of this role in it."""
    if kind is RoomKind.PRIVATE:
        other = "user-f" if role is F else "user-m"
        return private_room("user-a", other), {S: "s", M: "m", F: "f"}[role]
    rooms = {RoomKind.GENERAL: GENERAL, RoomKind.PUBLIC: "public", RoomKind.GROUP: "group"}
    return rooms[kind], {S: "s", M: "m", A: "o" if kind is RoomKind.GENERAL else "a"}[role]


def test_every_cell_has_an_expectation() -> None:
    assert set(MAY) == set(TABLE) == set(Act)
    for act_, row in TABLE.items():
        assert set(row) == set(MAY[act_]) == set(RoomKind)


@pytest.mark.parametrize(("act_", "kind", "role"), CELLS, ids=str)
def test_who_may_do_what(archive: Archive, act_: Act, kind: RoomKind, role: Role) -> None:
    room, person = stage(kind, role)
    state = archive.state
    assert role_of(state, state.rooms[room], f"user-{person}") is role
    is_allowed = role.value[0] in MAY[act_][kind]
    refusal = refusal_of(state, act_, room, f"user-{person}")
    assert (refusal is None) is is_allowed, refusal
    if act_ in RECORDS:
        kind_of_record, make = RECORDS[act_]
        verdict = archive.verdict(act(kind_of_record, 90, make(room), name=person))
        assert (verdict == "accepted") is is_allowed, verdict


def test_who_administers_the_chat_administers_public_rooms_as_a_member_and_no_groups(
    archive: Archive,
) -> None:
    state = archive.state
    assert role_of(state, state.rooms["public"], "user-o") is S
    archive.add(act("member", 50, MemberBody("public"), name="o"))
    assert role_of(state, state.rooms["public"], "user-o") is A
    archive.add(act("add", 51, AddBody("group", "user-o"), name="a"))
    assert role_of(state, state.rooms["group"], "user-o") is M
    archive.add(standing(52, "user-a", "administrator", name="o"))
    archive.add(standing(53, "user-o", "member", name="a"))
    assert role_of(state, state.rooms["public"], "user-o") is M


@pytest.mark.parametrize("standing_", ["disabled", "banned"])
def test_who_is_sent_away_leaves_no_room_without_an_administrator(archive: Archive, standing_: str) -> None:
    state = archive.state
    archive.add(act("room", 50, RoomBody("alone", "alone"), name="a"))
    archive.add(act("add", 51, AddBody("group", "user-s"), name="a"))
    archive.add(standing(50, "user-m", "disabled", name="o"))
    archive.add(standing(51, "user-a", standing_, name="o"))
    assert state.rooms["group"].administrators == ("user-s",), "the oldest one who can"
    assert state.rooms["alone"].administrators == ("user-a",)
    archive.add(standing(52, "user-a", "enabled", name="o"))
    assert role_of(state, state.rooms["group"], "user-a") is M


def test_strangers_are_not_told_that_a_group_or_a_chat_exists(archive: Archive) -> None:
    for room in ("group", private_room("user-a", "user-f"), "nowhere"):
        for act_ in Act:
            refusal = refusal_of(archive.state, act_, room, "user-s")
            assert refusal is not None
            assert refusal.code == "unknown_room"
