"""Signing in with a password: names that are protected, and those who try."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher

from server.accounts import passwords
from server.accounts.passwords import Passwords
from server.accounts.tries import FREE_TRIES, AddressLimit
from server.archive.record import Draft
from server.protocol import events, requests
from server.state.bodies import DeviceBody
from tests.sessions.scene import Client, Scene, codes, only, packed
from tests.waiting import wait_until

_DECIDED: Any = events.SignedIn | events.Failed | events.GoTo
PASSWORD = "a lamp that hums in B flat"


def sign_in(client: Client, name: str = "Anna", **fields: Any) -> list[events.AnyEvent]:
    """Greet if that was not done, sign in, and wait for the answer."""
    found: list[events.AnyEvent] = [] if client.session.stage else [client.greet()]
    identity = {"name": name, "device": client.device, "secret": client.secret}
    return found + client.ask_until(_DECIDED, requests.SignIn, **identity, **fields)


def registered(scene: Scene, name: str = "Anna") -> Client:
    client = scene.client()
    only(sign_in(client, name, password=PASSWORD, register=True), events.SignedIn)
    return client


def test_a_registered_name_wants_its_password_from_every_new_device(scene: Scene) -> None:
    first = registered(scene)
    user = next(iter(scene.state.users))
    assert codes(sign_in(scene.client())) == ["password_needed"]
    second = scene.client()
    assert codes(sign_in(second, password="another lamp that hums")) == ["wrong_password"]
    # The same connection may try again.
    assert only(sign_in(second, "anna", password=PASSWORD), events.SignedIn).user == user
    # A known device needs none, and none is looked at.
    for password in ("", "whatever"):
        again = scene.client()
        again.device, again.secret = first.device, first.secret
        assert only(sign_in(again, password=password), events.SignedIn).user == user
    assert scene.state.users[user].devices == 2


def test_no_password_is_archived_or_told(scene: Scene) -> None:
    client = scene.client()
    found = sign_in(client, password=PASSWORD, register=True)
    assert not [event for event in found if PASSWORD in str(event)]
    assert PASSWORD.encode() not in scene.state.snapshot()
    (user,) = scene.state.users.values()
    assert user.password.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("password", "code"),
    [("", "password_too_short"), ("short", "password_too_short"), ("password123", "password_too_common")],
)
def test_a_weak_password_registers_nobody(scene: Scene, password: str, code: str) -> None:
    client = scene.client()
    assert codes(sign_in(client, password=password, register=True)) == [code]
    assert scene.state.users == {}
    only(sign_in(client, password=PASSWORD, register=True), events.SignedIn)


def test_whoever_has_a_name_keeps_it(scene: Scene) -> None:
    registered(scene)
    only(scene.client().sign_in("Ben"), events.SignedIn)
    for name in ("Anna", "ANNA", "Ben"):
        assert codes(sign_in(scene.client(), name, password=PASSWORD, register=True)) == ["name_taken"]


def test_while_a_merge_may_bring_the_person_nobody_is_told_that_the_password_is_wrong(scene: Scene) -> None:
    whole = scene.hub.pair
    scene.hub.pair = msgspec.structs.replace(whole, is_merging=True)
    stranger = scene.client("10.0.0.7")
    for _ in range(2 * FREE_TRIES):
        # Nor is it a try.
        assert codes(sign_in(stranger, password=PASSWORD)) == ["unknown"]
    scene.hub.pair = whole
    assert codes(sign_in(stranger, password=PASSWORD)) == ["wrong_password"]


def test_while_a_merge_may_bring_another_password_guessing_is_no_cheaper(scene: Scene) -> None:
    registered(scene)
    scene.hub.pair = msgspec.structs.replace(scene.hub.pair, is_merging=True)
    stranger = scene.client("10.0.0.7")
    for _ in range(FREE_TRIES):
        assert codes(sign_in(stranger, password="not the password")) == ["unknown"]
    assert codes(sign_in(stranger, password=PASSWORD)) == ["too_many_tries"]
    # The right one is right.
    only(sign_in(scene.client(), password=PASSWORD), events.SignedIn)


def test_what_stands_in_the_log_is_waited_for_before_a_password_is_wrong(scene: Scene) -> None:
    scene.uncommitted = 1
    client = scene.client()
    client.greet()
    client.ask(requests.SignIn, name="Anna", device=client.device, secret=client.secret, password=PASSWORD)
    body = DeviceBody("anna", "Anna", b"", passwords._hash(PASSWORD, b""))
    scene.append(Draft("device", "f" * 32, 0, 0, packed(body)))
    assert not client.heard()
    scene.uncommitted = 0
    wait_until(lambda: scene.asked)
    scene.commit()
    assert only(client.heard(), events.SignedIn).user == "anna"


def test_nobody_learns_who_has_a_password(scene: Scene) -> None:
    only(scene.client().sign_in("Ben"), events.SignedIn)
    for name in ("Ben", "Nobody"):
        assert codes(sign_in(scene.client(), name, password=PASSWORD)) == ["wrong_password"]
    assert {user.name for user in scene.state.users.values()} == {"Ben"}


def test_a_registration_that_is_sent_again_is_the_same_to_the_last_byte(scene: Scene) -> None:
    client = scene.client()
    client.greet()
    fields = {"name": "Anna", "device": client.device, "secret": client.secret}
    drafts = []
    for _ in range(2):
        # The connection is lost before the answer.
        client.ask(requests.SignIn, **fields, password=PASSWORD, register=True)
        wait_until(lambda: scene.asked)
        drafts.append(scene.asked.pop().draft)
        client.close()
        again = scene.client()
        again.device, again.secret = client.device, client.secret
        client = again
        client.greet()
    assert drafts[0].body == drafts[1].body


def test_wrong_passwords_cost_time_and_the_right_one_makes_them_good(scene: Scene) -> None:
    registered(scene)
    stranger = scene.client("10.0.0.7")
    for _ in range(FREE_TRIES):
        assert codes(sign_in(stranger, password="not the password")) == ["wrong_password"]
    (failed,) = [e for e in sign_in(stranger, password=PASSWORD) if isinstance(e, events.Failed)]
    assert (failed.code, failed.arguments) == ("too_many_tries", {"retry_s": 1})
    # Nobody else is held up.
    only(sign_in(scene.client("10.0.0.8"), password=PASSWORD), events.SignedIn)
    scene.clock.now_s += 1.0
    only(sign_in(stranger, password=PASSWORD), events.SignedIn)
    other = scene.client("10.0.0.7")
    assert codes(sign_in(other, password="not the password")) == ["wrong_password"]


def test_a_password_that_changed_while_it_was_checked_lets_nobody_in(scene: Scene) -> None:
    registered(scene)
    client = scene.client()
    client.greet()
    client.ask(requests.SignIn, name="Anna", device=client.device, secret=client.secret, password=PASSWORD)
    wait_until(lambda: scene.asked)
    # A merge took the Anna away that it was checked for: the name is nobody's.
    scene.cut(1)
    scene.commit()
    assert codes(client.heard()) == ["wrong_password"]


def test_when_too_many_are_checked_at_once_the_next_one_comes_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Passwords, "is_busy", True)
    for _ in range(2 * FREE_TRIES):
        assert codes(sign_in(scene.client(), password=PASSWORD)) == ["busy"]
    (failed,) = [
        event for event in sign_in(scene.client(), password=PASSWORD) if isinstance(event, events.Failed)
    ]
    assert (failed.code, failed.arguments) == ("busy", {"retry_s": 2})
    # None of these was a try.
    monkeypatch.undo()
    assert codes(sign_in(scene.client(), password=PASSWORD)) == ["wrong_password"]


def test_whoever_leaves_while_it_is_checked_leaves_nothing_behind(scene: Scene) -> None:
    client = scene.client()
    client.greet()
    fields = {"name": "Anna", "device": client.device, "secret": client.secret}
    client.ask(requests.SignIn, **fields, password=PASSWORD, register=True)
    client.close()
    other = registered(scene, "Ben")
    assert other.session.user is not None
    assert {user.name for user in scene.state.users.values()} == {"Ben"}
    assert scene.hub.presence.users_here == 1


OTHER = "seven slow snails in a drawer"


def change(scene: Scene, client: Client, old: str, new: str, counter: int = 1) -> list[events.AnyEvent]:
    """Ask for another password and wait for the answer."""
    found = client.ask(requests.ChangePassword, counter=counter, old=old, new=new)

    def is_answered() -> bool:
        scene.commit()
        found.extend(client.heard())
        return any(isinstance(event, events.Stored | events.Failed) for event in found)

    wait_until(is_answered)
    return found


def second_device(scene: Scene, name: str = "Anna", **fields: Any) -> Client:
    client = scene.client()
    only(sign_in(client, name, password=PASSWORD, **fields), events.SignedIn)
    return client


def test_a_changed_password_ends_every_other_device(scene: Scene) -> None:
    first = registered(scene)
    second = second_device(scene, device_name="  a laptop\x07 ")
    added = only(first.heard(), events.AccountChanged)
    assert (added.what, added.device, added.name) == ("device_added", second.device, "a laptop")
    standby = scene.client()
    standby.device, standby.secret = first.device, first.secret
    standby.sign_in("Anna", standby=True)
    assert codes(change(scene, second, "not the password", OTHER)) == ["wrong_password"]
    assert codes(change(scene, second, PASSWORD, "password123")) == ["password_too_common"]
    found = change(scene, second, PASSWORD, OTHER)
    assert only(found, events.Stored).counter == 1
    assert only(found, events.AccountChanged).what == "password_changed"
    for client in (first, standby):
        assert only(client.heard(), events.Goodbye).code == "device_revoked"
        assert client.channel.end == "closed"
    again = scene.client()
    again.device, again.secret = first.device, first.secret
    assert codes(sign_in(again)) == ["device_revoked"]
    # As another device, with the new password.
    assert codes(sign_in(scene.client(), password=PASSWORD)) == ["wrong_password"]
    only(sign_in(scene.client(), password=OTHER), events.SignedIn)


def test_a_change_that_is_sent_again_is_done_once_and_answered_alike(scene: Scene) -> None:
    client = registered(scene)
    stored = only(change(scene, client, PASSWORD, OTHER), events.Stored)
    before = scene.state.index
    asked = change(scene, client, PASSWORD, OTHER)
    # The engine is asked again with the very same record; this stage has none that would know it.
    assert scene.state.index == before + 1
    assert codes(asked) == ["id_reuse"]
    bodies = [record.body for record in scene.records() if record.header.kind == "password"]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]
    assert stored.index == before
    # Under the same counter another one is something else.
    assert codes(change(scene, client, PASSWORD, "nine quick newts in a bucket")) == ["wrong_password"]
    # Nor is it a way to find out what the password is.
    for _ in range(FREE_TRIES):
        told = codes(change(scene, client, PASSWORD, "nine quick newts in a bucket"))
    assert told == ["too_many_tries"]


def test_one_client_takes_one_place_for_its_changes(scene: Scene) -> None:
    client = registered(scene)
    client.ask(requests.ChangePassword, counter=1, old=PASSWORD, new=OTHER)
    told = client.ask(requests.ChangePassword, counter=2, old=PASSWORD, new=OTHER)
    assert codes(told) == ["too_many_requests"]
    found: list[events.AnyEvent] = []

    def is_stored() -> bool:
        scene.commit()
        found.extend(client.heard())
        return any(isinstance(event, events.Stored) for event in found)

    wait_until(is_stored)
    assert only(change(scene, client, OTHER, PASSWORD, counter=3), events.Stored).counter == 3


def test_one_person_takes_one_place_on_all_connections(scene: Scene) -> None:
    client = registered(scene)
    other = second_device(scene)
    client.heard()
    client.ask(requests.ChangePassword, counter=1, old=PASSWORD, new=OTHER)
    told = other.ask(requests.ChangePassword, counter=1, old=PASSWORD, new=OTHER)
    assert codes(told) == ["too_many_requests"]
    wait_until(lambda: scene.asked)
    scene.commit()
    assert only(client.heard(), events.Stored).counter == 1


def test_changing_the_password_costs_as_much_as_searching(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene(send_rate_per_s=5.0)
    client = registered(scene)
    pauses: list[float] = []

    def call_later(delay_s: float, function: Callable[[], None]) -> None:
        if function == client.session._end_pause:
            pauses.append(delay_s)

    monkeypatch.setattr(scene.hub, "call_later", call_later)
    change(scene, client, "not the password", OTHER)
    assert (pauses, client.channel.is_reading) == ([], True)
    change(scene, client, "not the password", OTHER, counter=2)
    # Two are more than may be searched at once: what comes next is read later.
    assert (pauses, client.channel.is_reading) == ([1.0], False)


def test_one_address_registers_so_many_and_then_waits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene.hub.password_checks, "_new_limit", AddressLimit(2))

    def register(name: str, address: str, password: str = PASSWORD) -> list[events.AnyEvent]:
        return sign_in(scene.client(address), name, password=password, register=True)

    only(register("Anna", "2001:db8::1"), events.SignedIn)
    # What comes to nothing is the same effort, and so is another address of the same network.
    assert codes(register("Ben", "2001:db8::2", "password123")) == ["password_too_common"]
    (failed,) = [event for event in register("Ben", "2001:db8::3") if isinstance(event, events.Failed)]
    assert (failed.code, failed.arguments) == ("too_many_tries", {"retry_s": 600})
    only(register("Ben", "2001:db8:0:1::3"), events.SignedIn)
    scene.clock.now_s += 600.0
    only(register("Cleo", "2001:db8::3"), events.SignedIn)


def test_another_address_of_the_same_network_is_no_other_one(scene: Scene) -> None:
    registered(scene)
    for number in range(FREE_TRIES):
        found = sign_in(scene.client(f"2001:db8::{number + 1}"), password="not the password")
        assert codes(found) == ["wrong_password"]
    assert codes(sign_in(scene.client("2001:db8::99"), password=PASSWORD)) == ["too_many_tries"]
    only(sign_in(scene.client("2001:db8:0:1::1"), password=PASSWORD), events.SignedIn)


def test_own_devices_are_listed_and_signed_out(scene: Scene) -> None:
    first = registered(scene)
    scene.clock.now_s += 30.0
    second = second_device(scene, device_name="a laptop")
    listed = second.ask_for(events.DeviceList, requests.Devices).devices
    assert [(d.device, d.name, d.is_this) for d in listed] == [
        (first.device, "", False),
        (second.device, "a laptop", True),
    ]
    assert listed[1].since_ms - listed[0].since_ms == 30_000
    first.heard()
    first.ask(requests.RevokeDevice, counter=1, device=second.device)
    scene.commit()
    found = first.heard()
    assert only(found, events.Stored).counter == 1
    revoked = only(found, events.AccountChanged)
    assert (revoked.what, revoked.device, revoked.name) == ("device_revoked", second.device, "a laptop")
    told = second.heard()
    assert only(told, events.Goodbye).code == "device_revoked"
    assert second.channel.end == "closed"
    assert [d.device for d in first.ask_for(events.DeviceList, requests.Devices).devices] == [first.device]
    # Somebody else's are not for us.
    other = registered(scene, "Ben")
    other.ask(requests.RevokeDevice, counter=1, device=first.device)
    scene.commit()
    assert codes(other.heard()) == ["unknown_device"]


def test_a_device_that_signs_itself_out_hears_that_it_is_done_first(scene: Scene) -> None:
    client = registered(scene)
    client.ask(requests.RevokeDevice, counter=1, device=client.device)
    scene.commit()
    told = [type(event) for event in client.heard()]
    assert told.index(events.Stored) < told.index(events.Goodbye)


def test_a_hash_of_weaker_parameters_is_made_anew_at_a_sign_in(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = registered(scene)
    (before,) = scene.state.users.values()
    stronger = PasswordHasher(time_cost=4, memory_cost=64 * 1024, parallelism=4)
    monkeypatch.setattr(passwords, "_argon2", stronger)
    only(sign_in(scene.client(), password=PASSWORD), events.SignedIn)
    (after,) = scene.state.users.values()
    assert ("t=3" in before.password, "t=4" in after.password) == (True, True)
    # Nobody is signed out by it, and the password is the same.
    assert first.channel.end == ""
    only(sign_in(scene.client(), password=PASSWORD), events.SignedIn)
    assert scene.state.users[after.id].password == after.password
