"""Who may do what about the chat: every cell of the table, tried by folding the records of the act."""

from collections.abc import Callable
from typing import Final

import pytest

from server.archive.record import Draft
from server.state import administration, invites
from server.state.bodies import UnregisterBody
from server.state.fold import KINDS
from server.state.standings import TABLE, ChatAct, Standing, may, standing_of
from server.state.state import OPERATOR
from server.state.users import proof_of
from tests.state.acts import (
    HASH,
    founder,
    invite,
    operator,
    person,
    reset,
    settings,
    standing,
    take_back,
)
from tests.state.archive_of import Archive, act, epoch

# Who may, by act and by whether members may invite, written down by hand: the table must say the same.
# (a)dministrator, (m)ember, (d)isabled, (b)anned, (l)eft, (o)perator.
MAY: Final[dict[ChatAct, dict[bool, str]]] = {
    ChatAct.SEE: {False: "ao", True: "ao"},
    ChatAct.INVITE: {False: "ao", True: "amo"},
    ChatAct.TAKE_BACK: {False: "ao", True: "ao"},
    ChatAct.STAND: {False: "ao", True: "ao"},
    ChatAct.RESET: {False: "ao", True: "ao"},
    ChatAct.SET: {False: "ao", True: "ao"},
}
CELLS: Final = [(act_, members, one) for act_ in TABLE for members in (False, True) for one in Standing]
CODE, OTHER_CODE = b"c" * 32, b"d" * 32
AT: Final = 90


def stood_as(what: str) -> Callable[[str], Draft]:
    """How Zoe shall stand."""
    return lambda name: standing(AT, "user-z", what, name=name)


# The records of the acts, about Zoe; to see is looked up only.
RECORDS: Final[dict[ChatAct, dict[str, tuple[Callable[[str], Draft], ...]]]] = {
    ChatAct.INVITE: {"invite": (lambda name: invite(AT, OTHER_CODE, name=name),)},
    ChatAct.TAKE_BACK: {"take_back": (lambda name: take_back(AT, CODE, name=name),)},
    ChatAct.STAND: {
        "standing": tuple(
            map(stood_as, ("administrator", "member", "disabled", "banned", "enabled")),
        )
    },
    ChatAct.RESET: {"reset": (lambda name: reset(AT, "user-z", CODE, name=name),)},
    ChatAct.SET: {"settings": (lambda name: settings(AT, one_device=True, name=name),)},
}
# What somebody who is out is told, whatever is asked for; a member is told nothing of others' invites.
REFUSED: Final = {
    Standing.DISABLED: "account_disabled",
    Standing.BANNED: "device_revoked",
    Standing.LEFT: "unregistered",
}


def archive(*, members_invite: bool) -> Archive:
    """Somebody of each standing, on a device with its first letter; and Zoe, of whom it is."""
    names = {"m": "Max", "d": "Dan", "b": "Bea", "l": "Lea", "z": "Zoe"}
    return Archive(
        epoch(),
        founder("a", "Ada"),
        operator("o"),
        *(person(letter, name) for letter, name in names.items()),
        settings(1, members_invite=members_invite, name="a"),
        invite(2, CODE, name="a"),
        standing(3, "user-d", "disabled", name="a"),
        standing(4, "user-b", "banned", name="a"),
        act("unregister", 1, UnregisterBody(proof_of(HASH)), name="l"),
    )


def test_every_cell_has_an_expectation() -> None:
    assert set(MAY) == set(TABLE) == set(ChatAct) == {*RECORDS, ChatAct.SEE}
    for act_, row in TABLE.items():
        assert set(row) == set(MAY[act_]) == {False, True}


def test_every_record_of_administration_is_of_an_act() -> None:
    judges = {name: kind.judge.__module__ for name, kind in KINDS.items()}
    of_administration = {
        name for name, at in judges.items() if at in (administration.__name__, invites.__name__)
    }
    assert of_administration == {kind for records in RECORDS.values() for kind in records}


@pytest.mark.parametrize(("act_", "members_invite", "one"), CELLS, ids=str)
def test_who_may_do_what(act_: ChatAct, members_invite: bool, one: Standing) -> None:
    letter = one.value[0]
    user = OPERATOR if one is Standing.OPERATOR else f"user-{letter}"
    state = archive(members_invite=members_invite).state
    assert standing_of(state.users[user]) is one
    is_allowed = letter in MAY[act_][members_invite]
    assert may(state, act_, user) is is_allowed
    for make in (make for records in RECORDS.get(act_, {}).values() for make in records):
        verdict = archive(members_invite=members_invite).verdict(make(letter))
        of_members = "bad_invite" if act_ is ChatAct.TAKE_BACK else "forbidden"
        assert verdict == ("accepted" if is_allowed else REFUSED.get(one, of_members))


def test_nobody_of_whom_nothing_is_known_may_do_anything() -> None:
    found = archive(members_invite=True)
    assert not any(may(found.state, act_, "user-x") for act_ in ChatAct)
    makes = [make for records in RECORDS.values() for several in records.values() for make in several]
    assert {found.verdict(make("x")) for make in makes} == {"not_signed_in", "id_reuse"}
