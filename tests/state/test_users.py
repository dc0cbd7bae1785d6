"""People and their devices: who may be who."""

from unittest import mock

import msgspec
import pytest

from server.archive.record import Draft
from server.state.bodies import DeviceBody
from tests.state.archive_of import Archive, device, epoch


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
