"""People and their devices: who may be who."""

from unittest import mock

import msgspec
import pytest

from server.archive.record import Draft, Origin
from server.protocol import limits
from server.state.bodies import DeviceBody
from server.state.users import proof_of
from tests.state.acts import HASH, founder, merged, person, standing
from tests.state.archive_of import EPOCH, Archive, device, epoch, message, password, revoke


def test_a_new_name_makes_a_person_who_is_in_general() -> None:
    state = Archive(epoch(), device("d", "Anna")).state
    user = state.user_of_device("d")
    assert user is not None
    assert (user.name, user.devices, user.rooms) == ("Anna", 1, ("general",))
    assert state.rooms["general"].members == (user.id,)


def test_a_second_device_of_a_name_is_the_same_person() -> None:
    archive = Archive(epoch(), device("d", "Anna"), device("e", "anna"))
    assert archive.state.devices["d"].user == archive.state.devices["e"].user
    user = archive.state.user_of_device("e")
    assert user is not None
    assert (user.name, user.devices) == ("Anna", 2)
    assert len(archive.state.rooms["general"].members) == 1


def test_a_device_is_bound_once() -> None:
    archive = Archive(epoch(), device("d", "Anna"))
    assert archive.verdict(device("d", "Ben", counter=1)) == "wrong_secret"
    assert archive.state.devices["d"].user == "user-d"


@pytest.mark.parametrize("name", ["", " Anna", "An  na", "An\nna", "Anna\u202e", "x" * 33, "..."])
def test_a_name_that_is_not_as_it_is_shown_is_refused(name: str) -> None:
    assert Archive(epoch()).verdict(device("d", name)) == "bad_name"


def test_a_person_has_a_limited_number_of_devices() -> None:
    archive = Archive(epoch(), device("d", "Anna"))
    with mock.patch("server.protocol.limits.DEVICES_PER_USER_MAX", 2):
        assert archive.verdict(device("e", "Anna")) == "accepted"
        assert archive.verdict(device("f", "Anna")) == "too_many_devices"


def test_under_an_open_name_devices_that_were_signed_out_count() -> None:
    archive = Archive(epoch(), device("d", "Anna"), device("p", "Ben"), password(1, "a hash", name="p"))
    with mock.patch("server.protocol.limits.DEVICES_PER_USER_MAX", 2):
        assert archive.verdict(device("e", "Anna")) == "accepted"
        assert archive.verdict(revoke(1, "e", name="e")) == "accepted"
        assert archive.verdict(device("f", "Anna")) == "too_many_devices"
        # Behind a password it takes the password each time.
        for name in ("q", "r", "s"):
            assert archive.verdict(device(name, "Ben", proof=proof_of("a hash"))) == "accepted"
            assert archive.verdict(revoke(1, name, name=name)) == "accepted"
        # Whoever protects the name begins anew.
        assert archive.verdict(password(1, "a hash")) == "accepted"
        assert archive.verdict(device("g", "Anna", proof=proof_of("a hash"))) == "accepted"
        assert archive.verdict(device("h", "Anna", proof=proof_of("a hash"))) == "too_many_devices"


def test_there_are_not_endlessly_many_people() -> None:
    archive = Archive(epoch(), device("d", "Anna"))
    with mock.patch("server.protocol.limits.PEOPLE_MAX", 2):
        assert archive.verdict(device("e", "Ben")) == "accepted"
        assert archive.verdict(device("f", "Carl")) == "room_full"
        assert archive.verdict(device("g", "Anna")) == "accepted"


def test_nobody_takes_the_place_of_another_person() -> None:
    archive = Archive(epoch(), device("d", "Anna"))
    body = msgspec.msgpack.encode(DeviceBody("user-d", "Ben", b"secret"))
    assert archive.verdict(Draft("device", "e", 0, 0, body)) == "bad_request"
    assert archive.state.users["user-d"].name == "Anna"


def test_a_protected_name_lets_in_who_proved_its_password() -> None:
    archive = Archive(epoch(), device("d", "Anna", password="hash"))
    assert archive.state.users["user-d"].password == "hash"
    assert archive.verdict(device("e", "Anna")) == "wrong_password"
    assert archive.verdict(device("f", "Anna", proof=proof_of("another hash"))) == "wrong_password"
    assert archive.verdict(device("g", "anna", proof=proof_of("hash"))) == "accepted"
    user = archive.state.user_of_device("g")
    assert user is not None
    assert (user.id, user.devices, user.password) == ("user-d", 2, "hash")
    assert archive.state.user_of_device("e") is None


@pytest.mark.parametrize("before", ["", "hash"])
def test_a_name_that_somebody_has_is_not_registered(before: str) -> None:
    archive = Archive(epoch(), device("d", "Anna", password=before))
    assert archive.verdict(device("e", "Anna", password="mine")) == "name_taken"
    assert archive.state.users["user-d"].password == before


def test_a_proof_for_a_name_without_password_or_without_person_is_none() -> None:
    archive = Archive(epoch(), device("d", "Anna"))
    assert archive.verdict(device("e", "Anna", proof=proof_of("hash"))) == "wrong_password"
    assert archive.verdict(device("e", "Ben", counter=1, proof=proof_of("hash"))) == "wrong_password"


def test_what_a_merge_brings_was_let_in_before_and_keeps_its_password() -> None:
    archive = Archive(epoch(), device("d", "Anna", password="hash"))
    # Another Anna, registered at the other server, and a second device of hers.
    theirs = [device("e", "Anna", password="other"), device("f", "Anna", proof=proof_of("other"))]
    for place, draft in enumerate(theirs, 7):
        origin = Origin(EPOCH, place, "user-e")
        assert archive.add(msgspec.structs.replace(draft, origin=origin)).refusal is None
    other = archive.state.users["user-e"]
    assert (other.name, other.former_name, other.devices, other.password) == ("Anna-2", "Anna", 2, "other")
    assert archive.state.users["user-d"].devices == 1


def names_of(archive: Archive) -> list[str]:
    return [found.id for found in archive.state.devices_of("user-d")]


def test_a_changed_password_signs_out_every_other_device() -> None:
    archive = Archive(
        epoch(), device("d", "Anna", password="one"), device("e", "Anna", proof=proof_of("one"))
    )
    assert archive.verdict(password(1, "two", old="wrong", name="e")) == "wrong_password"
    assert archive.verdict(password(2, "two", old="one", name="e")) == "accepted"
    user = archive.state.users["user-d"]
    assert (user.password, user.devices, names_of(archive)) == ("two", 1, ["e"])
    # Nothing new is taken from the other one, and it does not come back by the old password.
    for draft in (message(1), password(2, "three", old="two"), revoke(3, "e")):
        assert archive.verdict(draft) == "device_revoked"
    assert archive.verdict(device("f", "Anna", proof=proof_of("one"))) == "wrong_password"
    assert archive.verdict(device("f", "Anna", counter=1, proof=proof_of("two"))) == "accepted"


def test_a_stranger_under_an_open_name_locks_nobody_out() -> None:
    archive = Archive(epoch(), device("d", "Anna"), device("e", "Anna"))
    assert archive.verdict(password(1, "mine", name="e")) == "forbidden"
    assert archive.verdict(revoke(2, "d", name="e")) == "forbidden"
    assert names_of(archive) == ["d", "e"]
    # Itself it may sign out.
    assert archive.verdict(revoke(3, "e", name="e")) == "accepted"
    assert archive.state.users["user-d"].password == ""


def test_the_first_device_is_the_first_of_the_log_whatever_the_clocks_say() -> None:
    late = msgspec.structs.replace(device("d", "Anna"), time_ms=9_000)
    archive = Archive(epoch(), late, device("e", "Anna"))
    assert archive.verdict(password(1, "mine", name="e")) == "forbidden"
    assert archive.verdict(password(1, "mine")) == "accepted"


def test_devices_that_expired_are_in_nobodys_way() -> None:
    archive = Archive(epoch(), device("d", "Anna", password="hash"))
    late_ms = (limits.DEVICE_IDLE_DAYS + 1) * 24 * 3600 * 1000
    with mock.patch("server.protocol.limits.DEVICES_PER_USER_MAX", 1):
        again = device("e", "Anna", proof=proof_of("hash"))
        assert archive.verdict(again) == "too_many_devices"
        later = device("f", "Anna", proof=proof_of("hash"))
        assert archive.verdict(msgspec.structs.replace(later, time_ms=late_ms)) == "accepted"


def test_an_open_name_gets_its_first_password_from_its_first_device() -> None:
    archive = Archive(epoch(), device("d", "Anna"), device("e", "Anna"))
    assert archive.verdict(password(1, "mine", old="something")) == "wrong_password"
    assert archive.verdict(password(2, "mine")) == "accepted"
    assert names_of(archive) == ["d"]
    assert archive.verdict(message(1, name="e")) == "device_revoked"


def test_only_own_devices_are_revoked_and_what_they_wrote_stays() -> None:
    archive = Archive(
        epoch(), device("d", "Anna"), device("e", "Anna"), device("f", "Ben"), message(1, name="e")
    )
    for counter, other in enumerate(("f", "nowhere"), 1):
        assert archive.verdict(revoke(counter, other)) == "unknown_device"
    assert archive.verdict(revoke(3, "e")) == "accepted"
    assert archive.verdict(revoke(4, "e")) == "unknown_device"
    writer = archive.state.user_of_device("e")
    assert writer is not None
    # Without a password it counts for ever.
    assert (writer.name, writer.devices, archive.state.number) == ("Anna", 2, 1)
    # The last one may sign itself out.
    assert archive.verdict(revoke(5, "d")) == "accepted"
    assert names_of(archive) == []


def test_a_merge_keeps_messages_of_a_revoked_device_and_undoes_no_revocation() -> None:
    archive = Archive(
        epoch(), device("d", "Anna", password="one"), device("e", "Anna", proof=proof_of("one"))
    )
    assert archive.verdict(revoke(1, "e")) == "accepted"
    # Meanwhile, at the other server, whoever has that device wrote, and wanted to keep the owner out.
    brought = [message(1, name="e"), password(2, "stolen", old="one", name="e"), revoke(3, "d", name="e")]
    verdicts = []
    for place, draft in enumerate(brought, 9):
        refusal = archive.add(msgspec.structs.replace(draft, origin=Origin(EPOCH, place, "user-d"))).refusal
        verdicts.append(refusal.code if refusal else "accepted")
    assert verdicts == ["accepted", "device_revoked", "device_revoked"]
    assert (archive.state.users["user-d"].password, names_of(archive)) == ("one", ["d"])
    # The same wish from both sides of a cut is fulfilled.
    again = msgspec.structs.replace(revoke(7, "e"), origin=Origin(EPOCH, 20, "user-d"))
    assert archive.add(again).refusal is None


def test_a_merge_brings_a_device_that_came_in_by_an_older_password_signed_out() -> None:
    archive = Archive(epoch(), person("d", "Anna"), password(1, "another", old=HASH))
    thief = person("e", "Anna", password="", proof=proof_of(HASH))
    friend = person("f", "Anna", password="", proof=proof_of("another"))
    for draft, is_out in ((thief, True), (friend, False)):
        told = archive.add(merged(draft, "user-d")).told
        assert told is not None
        assert (archive.state.devices[draft.device].is_revoked, told.signs_out) == (is_out, is_out)
    # What was written on it stays, and nothing new is taken.
    assert archive.add(merged(message(1, name="e"), "user-d")).refusal is None
    assert archive.verdict(message(2, name="e")) == "device_revoked"
    assert archive.state.users["user-d"].devices == 2


def test_a_merge_lets_no_device_of_a_banned_person_in() -> None:
    archive = Archive(epoch(), founder(), person("e", "Ben"), standing(1, "user-e", "banned"))
    archive.add(merged(person("f", "Ben", password="", proof=proof_of(HASH)), "user-e"))
    archive.add(standing(2, "user-e", "enabled"))
    assert archive.verdict(message(1, name="f")) == "device_revoked"


@pytest.mark.parametrize("name", ["operator", "Operator", "ｏｐｅｒａｔｏｒ"])
def test_nobody_is_called_like_the_operator(name: str) -> None:
    archive = Archive(epoch())
    assert archive.verdict(device("o", name)) == "name_taken"
    assert archive.verdict(device("p", "operators")) == "accepted"
