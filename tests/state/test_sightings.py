"""Devices that nobody uses, and those that are known for very long, must show the password again."""

import msgspec

from server.archive.record import Draft
from server.protocol import limits
from server.state.bodies import SeenBody
from server.state.sightings import has_expired
from tests.state.acts import operator, person
from tests.state.archive_of import Archive, device, epoch, revoke

DAY_MS = 24 * 3600 * 1000


def seen(counter: int, day: int, name: str = "d") -> Draft:
    return Draft("seen", "server", counter, day * DAY_MS, msgspec.msgpack.encode(SeenBody(name)))


def expires_on(archive: Archive, name: str = "d") -> int:
    """The first day on which the device is refused."""
    found = archive.state.devices[name]
    return next(day for day in range(999) if has_expired(archive.state, found, day * DAY_MS))


def test_a_device_expires_when_it_is_not_used() -> None:
    archive = Archive(epoch(), person("d", "Anna"))
    assert expires_on(archive) == limits.DEVICE_IDLE_DAYS + 1
    assert archive.verdict(seen(1, 20)) == "accepted"
    assert expires_on(archive) == 20 + limits.DEVICE_IDLE_DAYS + 1


def test_a_device_expires_however_often_it_is_used() -> None:
    archive = Archive(epoch(), person("d", "Anna"))
    for counter, day in enumerate(range(20, 180, 20), 1):
        assert archive.verdict(seen(counter, day)) == "accepted"
    assert expires_on(archive) == limits.DEVICE_DAYS_MAX + 1


def test_it_is_noted_once_a_day_for_devices_that_may_sign_in() -> None:
    archive = Archive(epoch(), person("d", "Anna"))
    assert archive.verdict(seen(1, 1)) == "accepted"
    assert archive.verdict(seen(2, 1)) == "bad_request"
    assert archive.verdict(seen(3, 2, "nobody")) == "unknown_device"
    archive.add(revoke(1, "d"))
    assert archive.verdict(seen(4, 3)) == "unknown_device"


def test_a_name_without_a_password_and_the_operator_do_not_expire() -> None:
    archive = Archive(epoch(), device("d", "Anna"), operator())
    for name in ("d", "o"):
        assert not has_expired(archive.state, archive.state.devices[name], 9999 * DAY_MS)
