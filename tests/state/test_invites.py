"""Invites: each lets one new person in, for a week, and what two servers accepted stays."""

from unittest import mock

from server.state.invites import INVITE_MS
from server.state.state import Invite
from tests.state.acts import founder, invite, invited, merged, settings, standing, take_back
from tests.state.archive_of import Archive, device, epoch

CODE, OTHER = b"c" * 32, b"o" * 32


def test_an_invite_lets_one_person_in() -> None:
    archive = Archive(epoch(), founder(), invite(1, CODE))
    assert archive.verdict(invited("e", "Ben", CODE)) == "accepted"
    assert archive.verdict(invited("f", "Carl", CODE)) == "invite_used"
    assert archive.verdict(invited("g", "Carl", OTHER)) == "bad_invite"
    assert archive.state.invites[CODE] == Invite(CODE, "user-d", 0, INVITE_MS, ("user-e",))


def test_an_invite_is_good_for_a_week() -> None:
    archive = Archive(epoch(), founder(), invite(1, CODE), invite(2, OTHER))
    assert archive.verdict(invited("e", "Ben", CODE, time_ms=INVITE_MS + 1)) == "invite_expired"
    assert archive.verdict(invited("f", "Ben", OTHER, time_ms=INVITE_MS)) == "accepted"


def test_the_invites_of_who_was_sent_away_let_nobody_in() -> None:
    archive = Archive(epoch(), founder(), device("e", "Ben"), settings(1, members_invite=True))
    archive.add(invite(1, CODE, name="e"))
    archive.add(standing(2, "user-e", "disabled"))
    assert archive.verdict(invited("f", "Benno", CODE)) == "bad_invite"
    archive.add(standing(3, "user-e", "enabled"))
    assert archive.verdict(invited("g", "Carl", CODE)) == "accepted"


def test_the_invites_of_who_may_invite_no_more_let_nobody_in() -> None:
    archive = Archive(epoch(), founder(), device("e", "Ben"), settings(1, members_invite=True))
    archive.add(invite(1, CODE, name="e"))
    archive.add(settings(2, members_invite=False))
    assert archive.verdict(invited("f", "Carl", CODE)) == "bad_invite"
    archive.add(settings(3, members_invite=True))
    assert archive.verdict(invited("g", "Carl", CODE)) == "accepted"


def test_invites_that_are_taken_back_at_once_are_not_made_without_end() -> None:
    archive = Archive(epoch(), founder())
    with mock.patch("server.protocol.limits.INVITES_UNUSED_MAX", 2):
        for counter, code in ((1, CODE), (3, OTHER)):
            archive.add(invite(counter, code))
            archive.add(take_back(counter + 1, code))
        assert archive.verdict(invite(5, b"n" * 32)) == "too_many_invites"
        assert archive.verdict(invite(6, b"n" * 32, time_ms=INVITE_MS + 1)) == "accepted"


def test_a_name_that_somebody_has_spends_no_invite() -> None:
    archive = Archive(epoch(), founder(), invite(1, CODE))
    assert archive.verdict(invited("e", "Anna", CODE)) == "name_taken"
    assert archive.verdict(invited("f", "Ben", CODE)) == "accepted"


def test_members_make_invites_only_where_the_settings_say_so() -> None:
    archive = Archive(epoch(), founder(), device("e", "Ben"))
    assert archive.verdict(invite(1, CODE, name="e")) == "forbidden"
    assert archive.verdict(settings(2, members_invite=True)) == "accepted"
    assert archive.verdict(invite(3, CODE, name="e")) == "accepted"
    assert archive.verdict(invite(4, CODE, name="e")) == "bad_request"
    assert archive.verdict(take_back(5, CODE, name="e")) == "accepted"
    assert archive.verdict(take_back(6, CODE, name="e")) == "bad_invite"
    assert archive.verdict(invited("f", "Carl", CODE)) == "bad_invite"


def test_nobody_takes_back_what_is_not_theirs() -> None:
    archive = Archive(epoch(), founder(), device("e", "Ben"), invite(1, CODE))
    assert archive.verdict(take_back(1, CODE, name="e")) == "bad_invite"
    assert archive.verdict(invited("f", "Carl", CODE)) == "accepted"
    assert archive.verdict(take_back(2, CODE)) == "invite_used"


def test_a_person_has_a_limited_number_of_waiting_invites() -> None:
    archive = Archive(epoch(), founder())
    with mock.patch("server.protocol.limits.INVITES_OPEN_MAX", 2):
        codes = [bytes([number]) * 32 for number in range(4)]
        assert [archive.verdict(invite(n + 1, codes[n])) for n in range(3)] == [
            *["accepted"] * 2,
            "too_many_invites",
        ]
        # Those that are over do not count.
        assert archive.verdict(invite(9, codes[3], time_ms=INVITE_MS + 1)) == "accepted"


def test_an_invite_that_was_used_on_both_sides_of_a_cut_keeps_both_people() -> None:
    archive = Archive(epoch(), founder(), invite(1, CODE), invited("e", "Ben", CODE))
    assert archive.verdict(merged(invited("f", "Carl", CODE), "user-f")) == "accepted"
    assert archive.state.invites[CODE].used_by == ("user-e", "user-f")


def test_an_invite_of_somebody_who_may_invite_no_more_does_not_come_back_by_a_merge() -> None:
    archive = Archive(epoch(), founder(), device("e", "Ben"), standing(1, "user-e", "administrator"))
    archive.add(standing(2, "user-e", "member"))
    assert archive.verdict(merged(invite(1, CODE, name="e"))) == "forbidden"
