"""What grew too old is refused: devices, invites, forgotten passwords; what nearly did is not."""

from collections.abc import Iterator

import pytest

from tests.commands.bad_clients import RawClient, device_of
from tests.commands.programs import Program
from tests.conformance.server_under_test import checked
from tests.made_chats import GOOD_INVITE, GOOD_RESET, OLD_INVITE, OLD_RESET, PASSWORD, SECRET, make_old

NEW_PASSWORD = "rain on a roof of tin"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server as it ships, on an archive whose records are of long ago."""
    data = tmp_path_factory.mktemp("old")
    make_old(data)
    with Program("serve", "--data", data, "--listen", "127.0.0.1:0") as program:
        yield int(program.wait_line("ready: ").split()[2].rstrip(",").rpartition(":")[2])
        assert program.interrupt() == 0
        assert program.errors == ""


def sign_in(port: int, name: str, device: str, **more: object) -> str:
    """What a sign-in is answered with."""
    with RawClient(port) as client:
        client.hello()
        asked = {"name": name, "device": device, "secret": SECRET, **more}
        return checked(client.ask(request="sign_in", id=2, **asked))


@pytest.mark.parametrize(
    ("name", "answer"), [("Ida", "device_expired"), ("Olga", "device_expired"), ("Fay", "signed_in")]
)
def test_a_device_shows_the_password_again_after_a_month_unused_and_after_half_a_year(
    port: int, name: str, answer: str
) -> None:
    for standby in (True, False):
        assert sign_in(port, name, device_of(name), standby=standby) == answer
    # The password does not make the old one young: it is shown on a new one.
    assert sign_in(port, name, device_of(name), password=PASSWORD) == answer
    assert sign_in(port, name, device_of(f"new of {name}"), password=PASSWORD) == "signed_in"


def test_an_invite_is_good_for_a_week(port: int) -> None:
    for name, code, answer in (
        ("Late", OLD_INVITE, "invite_expired"),
        ("Early", GOOD_INVITE, "signed_in"),
        ("Later", GOOD_INVITE, "invite_used"),
    ):
        found = sign_in(port, name, device_of(name), register=True, password=PASSWORD, code=code)
        assert (name, found) == (name, answer)


def test_a_code_for_a_forgotten_password_is_good_for_a_day(port: int) -> None:
    for device, name, code, answer in (
        ("first", "Olga", OLD_RESET, "bad_reset"),
        ("second", "Olga", GOOD_RESET, "bad_reset"),
        ("third", "Ida", GOOD_RESET, "signed_in"),
        ("fourth", "Ida", GOOD_RESET, "bad_reset"),
    ):
        found = sign_in(port, name, device_of(device), password=NEW_PASSWORD, code=code)
        assert (device, found) == (device, answer)
