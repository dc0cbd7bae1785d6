"""Administration: who may do what to whom, and what of it survives a merge."""

from unittest import mock

import msgspec
import pytest

from server.archive.record import Draft
from server.protocol import limits
from server.state.administration import RESET_MS
from server.state.bodies import DeleteRoomBody, GroupBody, Way
from server.state.state import GENERAL, OPERATOR, ChatSettings, restore
from server.state.told import ADMINISTRATORS
from server.state.users import proof_of
from tests.state.acts import (
    HASH,
    founder,
    invite,
    merged,
    operator,
    person,
    reset,
    settings,
    standing,
    take_back,
)
from tests.state.archive_of import Archive, device, edit, epoch, message, password, revoke, room
from tests.state.archive_of import act as request_of

CODE = b"c" * 32
BEN = person("e", "Ben")


def acts(counter: int, name: str) -> list[Draft]:
    """One of each kind, done to Ben."""
    done = [
        *(("standing", what) for what in ("administrator", "member", "disabled", "banned", "enabled")),
        *(("reset", ""), ("settings", ""), ("invite", "")),
    ]
    drafts = []
    for place, (kind, what) in enumerate(done, counter):
        match kind:
            case "standing":
                drafts.append(standing(place, "user-e", what, name=name))
            case "reset":
                drafts.append(reset(place, "user-e", CODE, name=name))
            case "settings":
                drafts.append(settings(place, rate=3.0, name=name))
            case _:
                drafts.append(invite(place, CODE, name=name))
    return drafts


def test_the_first_administrator_is_made_once() -> None:
    archive = Archive(epoch(), founder())
    assert archive.state.users["user-d"].is_admin
    assert archive.verdict(founder("e", "Ben")) == "setup_done"
    # On the other side of a cut it was accepted, so it stays.
    assert archive.verdict(merged(founder("f", "Carl"), "user-f")) == "accepted"
    assert [user.name for user in archive.state.administrators()] == ["Anna", "Carl"]


def test_members_administer_nothing_and_administrators_and_the_operator_everything() -> None:
    for act in range(8):
        archive = Archive(epoch(), founder(), BEN, person("f", "Carl"), operator())
        assert archive.verdict(acts(1, "f")[act]) == "forbidden", act
        assert archive.verdict(acts(20, "d")[act]) == "accepted", act
        archive = Archive(epoch(), founder(), BEN, operator())
        outcome = archive.add(acts(1, "o")[act])
        assert outcome.refusal is None, act
        assert outcome.told is not None
        assert outcome.told.audience == ADMINISTRATORS


def test_the_operator_is_nobody_in_the_chat() -> None:
    archive = Archive(epoch(), operator(), person("e", "Ola"))
    assert archive.state.users[OPERATOR].rooms == ()
    assert archive.state.rooms["general"].members == ("user-e",)
    assert archive.state.administrators() == []
    assert archive.verdict(message(1, name="o")) == "not_a_member"
    assert archive.verdict(standing(2, OPERATOR, "disabled", name="o")) == "unknown_person"


def test_the_last_administrator_stays() -> None:
    archive = Archive(epoch(), founder(), BEN, operator())
    for number, what in enumerate(("member", "disabled", "banned"), 1):
        for name in ("d", "o"):
            assert archive.verdict(standing(number, "user-d", what, name=name)) == "last_chat_administrator"
    assert archive.verdict(standing(9, "user-e", "administrator")) == "accepted"
    assert archive.verdict(standing(10, "user-d", "member", name="e")) == "accepted"
    # Both sides of a cut may have taken it from the other one: one stays.
    assert archive.verdict(merged(standing(11, "user-e", "member"))) == "last_chat_administrator"


def test_whoever_is_disabled_does_nothing_and_comes_back_as_a_member() -> None:
    archive = Archive(epoch(), founder(), BEN, standing(1, "user-e", "administrator"))
    outcome = archive.add(standing(2, "user-e", "disabled"))
    assert outcome.told is not None
    assert outcome.told.signs_out
    assert archive.verdict(message(1, name="e")) == "account_disabled"
    assert archive.verdict(standing(2, "user-d", "member", name="e")) == "account_disabled"
    assert archive.verdict(person("f", "Ben", password="", proof=proof_of("hash"))) == "account_disabled"
    # What was written before a merge stays.
    assert archive.verdict(merged(message(3, name="e"))) == "accepted"
    assert archive.verdict(standing(3, "user-e", "administrator")) == "account_disabled"
    assert archive.verdict(standing(4, "user-e", "enabled")) == "accepted"
    assert archive.verdict(message(4, name="e")) == "accepted"
    assert not archive.state.users["user-e"].is_admin


def test_whoever_is_banned_has_no_device_and_no_invite_left() -> None:
    archive = Archive(epoch(), founder(), BEN, settings(1, members_invite=True), invite(1, CODE, name="e"))
    assert archive.verdict(standing(2, "user-e", "banned")) == "accepted"
    assert archive.state.invites[CODE].is_taken_back
    assert archive.verdict(standing(3, "user-e", "enabled")) == "accepted"
    assert archive.verdict(message(2, name="e")) == "device_revoked"
    assert archive.state.users["user-e"].devices == 0
    assert archive.verdict(person("f", "Ben", password="", proof=proof_of("hash"))) == "accepted"


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        ("member", "accepted"),
        ("disabled", "accepted"),
        ("banned", "accepted"),
        ("enabled", "forbidden"),
        ("administrator", "forbidden"),
    ],
)
def test_a_merge_gives_no_right_that_was_taken_meanwhile(what: str, verdict: str) -> None:
    """Carl administered when the servers parted, and no longer when they met."""
    carl = person("f", "Carl")
    archive = Archive(epoch(), founder(), BEN, carl, standing(1, "user-f", "administrator"))
    archive.add(standing(2, "user-f", "member"))
    assert archive.verdict(merged(standing(1, "user-e", what, name="f"))) == verdict
    assert archive.verdict(merged(reset(2, "user-e", CODE, name="f"))) == "forbidden"
    assert archive.verdict(merged(settings(3, rate=9.0, name="f"))) == "forbidden"


def test_a_reset_gives_the_account_to_whoever_has_the_code_once_within_a_day() -> None:
    archive = Archive(epoch(), founder(), BEN, person("g", "Ben", password="", proof=proof_of("hash")))
    wrong = person("f", "Ben", way=Way.RESET, code=CODE, password="new")
    assert archive.verdict(wrong) == "bad_reset"
    assert archive.verdict(reset(1, "user-e", CODE)) == "accepted"
    late = person("h", "Ben", way=Way.RESET, code=CODE, password="new", time_ms=RESET_MS + 1)
    assert archive.verdict(late) == "bad_reset"
    other = person("i", "Anna", way=Way.RESET, code=CODE, password="new")
    assert archive.verdict(other) == "bad_reset"
    right = person("j", "Ben", way=Way.RESET, code=CODE, password="new", time_ms=RESET_MS)
    assert archive.verdict(right) == "accepted"
    ben = archive.state.users["user-e"]
    assert (ben.password, ben.devices, ben.reset) == ("new", 1, b"")
    assert archive.verdict(message(1, name="e")) == "device_revoked"
    again = person("k", "Ben", way=Way.RESET, code=CODE, password="newer")
    assert archive.verdict(again) == "bad_reset"


@pytest.mark.parametrize("what", ["member", "disabled", "banned"])
def test_the_codes_of_an_administrator_who_was_sent_away_open_no_account(what: str) -> None:
    archive = Archive(epoch(), founder(), BEN, standing(1, "user-e", "administrator"))
    assert archive.verdict(reset(1, "user-d", CODE, name="e")) == "accepted"
    archive.add(standing(2, "user-e", what))
    thief = person("f", "Anna", way=Way.RESET, code=CODE, password="stolen")
    assert archive.verdict(thief) == "bad_reset"
    assert archive.state.users["user-d"].password == "hash"


def test_the_operators_code_opens_an_account() -> None:
    archive = Archive(epoch(), operator(), BEN, reset(1, "user-e", CODE, name="o"))
    assert archive.verdict(person("f", "Ben", way=Way.RESET, code=CODE, password="new")) == "accepted"


def test_a_code_is_of_no_use_after_the_password_was_changed() -> None:
    archive = Archive(epoch(), founder(), BEN, reset(1, "user-e", CODE))
    archive.add(password(1, "own", old="hash", name="e"))
    assert archive.verdict(person("f", "Ben", way=Way.RESET, code=CODE, password="new")) == "bad_reset"


@pytest.mark.parametrize("is_used_here", [True, False])
def test_a_code_that_was_used_on_both_sides_of_a_cut_counts_once(is_used_here: bool) -> None:
    archive = Archive(epoch(), founder(), BEN, reset(1, "user-e", CODE))
    if is_used_here:
        archive.add(person("f", "Ben", way=Way.RESET, code=CODE, password="here"))
    else:
        archive.add(password(1, "here", old="hash", name="e"))
    there = person("g", "Ben", way=Way.RESET, code=CODE, password="there")
    assert archive.verdict(merged(there, "user-e")) == "accepted"
    assert archive.state.users["user-e"].password == "here"
    assert [one.id for one in archive.state.devices_of("user-e")] == ["f" if is_used_here else "e"]


def test_a_code_that_was_used_on_the_other_side_of_a_cut_alone_counts() -> None:
    archive = Archive(epoch(), founder(), BEN, reset(1, "user-e", CODE))
    there = person("g", "Ben", way=Way.RESET, code=CODE, password="there")
    assert archive.verdict(merged(there, "user-e")) == "accepted"
    assert archive.state.users["user-e"].password == "there"
    assert [one.id for one in archive.state.devices_of("user-e")] == ["g"]


def test_a_merge_gives_nothing_that_a_signed_out_device_gave() -> None:
    """The thief of a computer that was signed out on the other side of a cut."""
    own = person("e", "Anna", password="", proof=proof_of("hash"))
    archive = Archive(epoch(), founder(), own, person("f", "Mallory"), revoke(1, "d", name="e"))
    gifts = (
        standing(2, "user-f", "administrator"),
        reset(3, "user-d", CODE),
        settings(4, rate=9.0),
        invite(5, CODE),
    )
    for gift in gifts:
        assert archive.verdict(merged(gift)) == "device_revoked", gift.kind
    # What takes a right away stays, whoever took it.
    assert archive.verdict(merged(standing(6, "user-f", "disabled"))) == "accepted"


def test_a_merge_lifts_no_ban() -> None:
    archive = Archive(epoch(), founder(), BEN, standing(1, "user-e", "banned"))
    assert archive.verdict(merged(standing(2, "user-e", "enabled"))) == "forbidden"
    assert archive.verdict(standing(3, "user-e", "enabled")) == "accepted"


def test_who_has_as_many_devices_as_one_may_comes_in_by_a_code() -> None:
    archive = Archive(epoch(), founder(), BEN, reset(1, "user-e", CODE))
    with mock.patch("server.protocol.limits.DEVICES_PER_USER_MAX", 1):
        more = person("f", "Ben", password="", proof=proof_of("hash"))
        assert archive.verdict(more) == "too_many_devices"
        assert archive.verdict(person("g", "Ben", way=Way.RESET, code=CODE, password="new")) == "accepted"
    assert [one.id for one in archive.state.devices_of("user-e")] == ["g"]


def test_settings_that_are_left_out_stay() -> None:
    archive = Archive(epoch(), founder(), settings(1, members_invite=True), settings(2, rate=3.0))
    assert archive.state.settings == ChatSettings(members_invite=True, send_rate_per_s=3.0)


def test_where_one_device_is_allowed_a_new_one_signs_out_the_others() -> None:
    archive = Archive(epoch(), founder(), person("e", "Ben"), device("g", "Guest"))
    second = person("f", "Ben", password="", proof=proof_of(HASH))
    archive.add(second)
    assert archive.state.users["user-e"].devices == 2
    archive.add(settings(1, one_device=True))
    assert archive.verdict(message(1, name="e")) == "accepted"
    told = archive.add(person("h", "Ben", password="", proof=proof_of(HASH))).told
    assert [device.id for device in archive.state.devices_of("user-e")] == ["h"]
    assert told is not None
    assert told.signs_out
    assert archive.verdict(message(2, name="e")) == "device_revoked"
    archive.add(device("i", "Guest"))
    assert archive.state.users["user-g"].devices == 2, "an open name is everybody's"


def test_where_one_device_is_allowed_nobody_has_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DEVICES_PER_USER_MAX", 1)
    archive = Archive(epoch(), founder(), person("e", "Ben"))
    another = person("f", "Ben", password="", proof=proof_of(HASH))
    assert archive.verdict(another) == "too_many_devices"
    archive.add(settings(1, one_device=True))
    assert archive.verdict(msgspec.structs.replace(another, device="k")) == "accepted"


def test_who_became_the_first_administrator_is_told_to_administrators() -> None:
    told = Archive(epoch()).add(founder()).told
    assert told is not None
    assert told.audiences == (GENERAL, ADMINISTRATORS)


def test_an_act_that_a_merge_takes_back_is_told_to_administrators() -> None:
    archive = Archive(
        epoch(), founder(), BEN, room(1, "garden"), request_of("group", 2, GroupBody("g", "choir", ()))
    )
    public, group = (request_of("delete_room", 5, DeleteRoomBody(r), name="e") for r in ("room-d-1", "g"))
    for draft in (*acts(10, "e"), public, msgspec.structs.replace(group, counter=6)):
        outcome = archive.add(merged(draft))
        if outcome.refusal is None:
            # What takes a right away stays.
            assert draft.kind == "standing"
            continue
        assert outcome.told is not None
        of_group = draft.kind == "delete_room" and draft.counter == 6
        assert outcome.told.audiences == (("user-e",) if of_group else ("user-e", ADMINISTRATORS))
    refused = archive.add(merged(edit(100, ("d", 1), "no", name="e"))).told
    assert refused is not None
    assert refused.audiences == ("user-e",)


def test_all_of_it_is_in_the_snapshot() -> None:
    archive = Archive(
        *(epoch(), founder(), BEN, operator(), invite(1, CODE), take_back(2, CODE)),
        *(standing(3, "user-e", "disabled"), reset(4, "user-e", CODE), settings(5, rate=3.0)),
    )
    again = restore(archive.state.snapshot())
    assert again.digest() == archive.state.digest()
    assert again.invites == archive.state.invites
    assert OPERATOR not in again.user_by_name.values()


def test_nobody_is_who_is_not_there() -> None:
    archive = Archive(epoch(), founder(), device("e", "Ben"))
    assert archive.verdict(standing(1, "nobody", "disabled")) == "unknown_person"
    assert archive.verdict(reset(2, "nobody", CODE)) == "unknown_person"
    assert archive.verdict(standing(3, "user-e", "emperor")) == "bad_request"
    assert archive.verdict(reset(4, "user-e", b"short")) == "bad_request"
    assert archive.verdict(invite(5, b"short")) == "bad_request"
