"""Who gets in where somebody new needs an invite: codes, the setup, a reset, and who is sent away."""

import secrets
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from server.accounts.proofs import operator_device, operator_proof, setup_code
from server.protocol import events, requests
from server.protocol.one_time_codes import CODE_BYTES, code_hash, code_text
from server.state.administration import RESET_MS
from server.state.invites import INVITE_MS
from server.state.state import OPERATOR
from tests.sessions.scene import SECRET, Client, Scene, codes, only
from tests.sessions.test_password_checks import PASSWORD, sign_in
from tests.state.acts import invite as invite_draft
from tests.state.archive_of import merged, message
from tests.waiting import wait_until

OTHER = "seven slow snails in a drawer"


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A hub where somebody new needs an invite."""
    return make_scene(is_open=False)


def founder(scene: Scene) -> Client:
    """The first administrator, signed in."""
    client = scene.client()
    found = sign_in(client, password=PASSWORD, register=True, code=setup_code(SECRET))
    only(found, events.SignedIn)
    return client


def act(
    scene: Scene, client: Client, kind: type[requests.AnyRequest], **fields: Any
) -> list[events.AnyEvent]:
    """Ask for something that is archived; what came of it."""
    found = client.ask(kind, **fields)
    scene.commit()
    return found + client.heard()


def invite(scene: Scene, client: Client, counter: int = 1) -> str:
    """The code of a new invite."""
    code = code_text(secrets.token_bytes(CODE_BYTES))
    only(
        act(scene, client, requests.CreateInvite, counter=counter, hash=code_hash(code).hex()), events.Stored
    )
    return code


def register(scene: Scene, code: str, name: str = "Ben") -> list[events.AnyEvent]:
    return sign_in(scene.client(), name, password=PASSWORD, register=True, code=code)


def operator(scene: Scene, secret: bytes = SECRET) -> tuple[Client, list[events.AnyEvent]]:
    """Somebody who has a data folder, and what the sign-in brought."""
    client = scene.client()
    client.device, client.secret = operator_device(secret, "a")
    welcome = client.greet()
    proof = operator_proof(secret, welcome.nonce)
    found = client.ask(
        requests.SignIn,
        name=OPERATOR,
        device=client.device,
        secret=client.secret,
        standby=True,
        proof=proof,
    )
    scene.commit()
    return client, found + client.heard()


def test_the_welcome_says_how_one_gets_in(scene: Scene) -> None:
    assert scene.client().greet().sign_in == ["invite"]


def test_while_a_merge_may_bring_a_code_nobody_is_told_that_it_is_none(scene: Scene) -> None:
    founder(scene)
    whole = scene.hub.pair
    for is_merging, invited, reset in ((True, "unknown", "unknown"), (False, "bad_invite", "bad_reset")):
        scene.hub.pair = msgspec.structs.replace(whole, is_merging=is_merging)
        code = code_text(secrets.token_bytes(CODE_BYTES))
        assert codes(register(scene, code)) == [invited]
        assert codes(sign_in(scene.client(), password=PASSWORD, code=code)) == [reset]


def test_without_an_invite_nobody_gets_in(scene: Scene) -> None:
    founder(scene)
    assert codes(sign_in(scene.client(), "Ben")) == ["password_needed"]
    assert codes(sign_in(scene.client(), "Ben", password=PASSWORD)) == ["wrong_password"]
    assert codes(register(scene, "")) == ["invite_needed"]
    assert codes(register(scene, "a" * 26)) == ["bad_invite"]
    assert codes(register(scene, "not a code")) == ["bad_request"]
    assert [user.name for user in scene.state.users.values()] == ["Anna"]


def test_an_invite_lets_one_person_in_with_a_password(scene: Scene) -> None:
    code = invite(scene, founder(scene))
    assert codes(sign_in(scene.client(), "Ben", password="short", register=True, code=code)) == [
        "password_too_short"
    ]
    only(register(scene, code), events.SignedIn)
    assert codes(register(scene, code, "Carl")) == ["invite_used"]


def test_an_invite_is_good_for_a_week(scene: Scene) -> None:
    code = invite(scene, founder(scene))
    scene.clock.now_s += INVITE_MS / 1000 + 1
    assert codes(register(scene, code)) == ["invite_expired"]


def test_the_setup_code_makes_one_administrator(scene: Scene) -> None:
    founder(scene)
    (user,) = scene.state.users.values()
    assert user.is_admin
    assert codes(register(scene, setup_code(SECRET))) == ["setup_done"]


def test_the_code_of_another_chat_sets_nothing_up(scene: Scene) -> None:
    assert codes(register(scene, setup_code(bytes(32)))) == ["bad_invite"]


def test_members_are_told_nothing_that_is_for_administrators(scene: Scene) -> None:
    first = founder(scene)
    code = invite(scene, first)
    client = scene.client()
    only(sign_in(client, "Ben", password=PASSWORD, register=True, code=code), events.SignedIn)
    for kind in (requests.Accounts, requests.Audit):
        assert codes(client.ask(kind)) == ["forbidden"]
    assert client.ask_for(events.InviteList, requests.Invites).invites == []
    assert first.ask_for(events.InviteList, requests.Invites).invites[0].used_by == ["Ben"]
    assert codes(act(scene, client, requests.CreateInvite, counter=1, hash="e" * 64)) == ["forbidden"]
    user = scene.state.user_by_name["anna"]
    found = act(scene, client, requests.SetStanding, counter=2, user=user, standing="disabled")
    assert codes(found) == ["forbidden"]


def test_a_request_that_is_sent_again_is_done_once(scene: Scene) -> None:
    client = founder(scene)
    first = only(act(scene, client, requests.CreateInvite, counter=1, hash="e" * 64), events.Stored)
    scene.clock.now_s += 5.0
    client.ask(requests.CreateInvite, counter=1, hash="e" * 64)
    (asked,) = scene.asked
    # The engine knows it again by its body, whenever it comes.
    stored = scene.records()[first.index - 1]
    assert asked.draft.body == stored.body


def test_whoever_is_disabled_is_sent_away_from_every_link(scene: Scene) -> None:
    first = founder(scene)
    client = scene.client()
    only(
        sign_in(client, "Ben", password=PASSWORD, register=True, code=invite(scene, first)),
        events.SignedIn,
    )
    standby = scene.client()
    standby.device, standby.secret = client.device, client.secret
    only(sign_in(standby, "Ben", standby=True), events.SignedIn)
    user = scene.state.user_by_name["ben"]
    act(scene, first, requests.SetStanding, counter=7, user=user, standing="disabled")
    for link in (client, standby):
        assert [event.code for event in link.heard() if isinstance(event, events.Goodbye)] == [
            "account_disabled"
        ]
        assert link.channel.end == "closed"
    again = scene.client()
    again.device, again.secret = client.device, client.secret
    assert codes(sign_in(again, "Ben")) == ["account_disabled"]
    assert codes(sign_in(scene.client(), "Ben", password="not the password")) == ["wrong_password"]
    assert codes(sign_in(scene.client(), "Ben", password=PASSWORD)) == ["account_disabled"]
    act(scene, first, requests.SetStanding, counter=8, user=user, standing="enabled")
    back = scene.client()
    back.device, back.secret = client.device, client.secret
    only(sign_in(back, "Ben"), events.SignedIn)


def test_a_reset_takes_another_password_and_signs_out_the_rest(scene: Scene) -> None:
    first = founder(scene)
    client = scene.client()
    only(
        sign_in(client, "Ben", password=PASSWORD, register=True, code=invite(scene, first)),
        events.SignedIn,
    )
    code = code_text(secrets.token_bytes(CODE_BYTES))
    fields = {"password": OTHER, "code": code}
    assert codes(sign_in(scene.client(), "Ben", **fields)) == ["bad_reset"]
    assert codes(sign_in(scene.client(), "Nobody", **fields)) == ["bad_reset"]
    user = scene.state.user_by_name["ben"]
    act(scene, first, requests.ResetPassword, counter=7, user=user, hash=code_hash(code).hex())
    assert codes(sign_in(scene.client(), "Ben", password="short", code=code)) == ["password_too_short"]
    only(sign_in(scene.client(), "Ben", **fields), events.SignedIn)
    assert client.channel.end == "closed"
    assert codes(sign_in(scene.client(), "Ben", **fields)) == ["bad_reset"]
    assert codes(sign_in(scene.client(), "Ben", password=PASSWORD)) == ["wrong_password"]
    only(sign_in(scene.client(), "Ben", password=OTHER), events.SignedIn)


def test_a_reset_is_good_for_a_day(scene: Scene) -> None:
    first = founder(scene)
    code = code_text(secrets.token_bytes(CODE_BYTES))
    user = scene.state.user_by_name["anna"]
    act(scene, first, requests.ResetPassword, counter=7, user=user, hash=code_hash(code).hex())
    scene.clock.now_s += RESET_MS / 1000 + 1
    assert codes(sign_in(scene.client(), password=OTHER, code=code)) == ["bad_reset"]


def test_the_operator_administers_and_is_counted_as_nobody(scene: Scene) -> None:
    client, found = operator(scene)
    assert only(found, events.SignedIn).standby
    assert scene.hub.presence.online_count == 0
    people = client.ask_for(events.AccountList, requests.Accounts)
    assert people.accounts == []
    only(act(scene, client, requests.ChangeSettings, counter=1, send_rate_per_s=3.0), events.Stored)
    assert scene.hub.send_rate_per_s == 3.0


def test_the_operator_is_nobody_who_reads_or_writes(scene: Scene) -> None:
    client, _found = operator(scene)
    assert codes(client.ask(requests.Activate)) == ["forbidden"]
    assert codes(client.ask(requests.History, room="general")) == ["on_standby"]
    assert client.session.reader is None


def test_whoever_has_another_secret_or_shows_a_proof_again_is_no_operator(scene: Scene) -> None:
    _client, found = operator(scene, bytes(32))
    assert codes(found) == ["forbidden"]
    first, again = scene.client(), scene.client()
    proof = operator_proof(SECRET, first.greet().nonce)
    assert codes(sign_in(again, OPERATOR, standby=True, proof=proof)) == ["forbidden"]
    assert scene.state.devices == {}
    only(sign_in(first, OPERATOR, standby=True, proof=proof), events.SignedIn)


def audit(client: Client, **fields: Any) -> events.AuditPage:
    """A page, which a worker reads."""
    found = client.ask(requests.Audit, **fields)

    def is_answered() -> bool:
        found.extend(client.heard())
        return any(isinstance(event, events.AuditPage) for event in found)

    wait_until(is_answered)
    return only(found, events.AuditPage)


def test_the_audit_says_who_did_what(scene: Scene) -> None:
    client, _found = operator(scene)
    for counter in range(1, 6):
        act(scene, client, requests.CreateInvite, counter=counter, hash=f"{counter:064x}")
    page = audit(client, limit=2)
    assert [(one.by, one.act) for one in page.acts] == [("operator", "invite")] * 2
    assert not page.is_end
    page = audit(client, before=page.acts[0].index)
    assert len(page.acts) == 3
    assert page.is_end


def test_the_audit_begins_with_the_first_administrator(scene: Scene) -> None:
    anna = founder(scene)
    (founding,) = audit(anna).acts
    assert (founding.by, founding.act, founding.person) == ("Anna", "setup", "Anna")


@pytest.mark.parametrize("is_derived", [True, False])
def test_the_audit_says_what_a_merge_took_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, is_derived: bool
) -> None:
    """And nothing of what was never accepted."""
    anna, ben = founder(scene), scene.client()
    only(sign_in(ben, "Ben", password=PASSWORD, register=True, code=invite(scene, anna)), events.SignedIn)
    before = len(audit(anna).acts)
    if not is_derived:
        monkeypatch.setattr(type(scene.hub.store), "derived_index", lambda _store: 0)
    lost, taken_back = (invite_draft(counter, bytes([counter]) * 32, name=ben.device) for counter in (1, 2))
    scene.append(lost)
    scene.append(merged(taken_back))
    scene.append(message(3, name=ben.device, room="nowhere"))
    acts = audit(anna).acts
    assert [(one.by, one.act, one.detail) for one in acts[before:]] == [("Ben", "void", "invite: forbidden")]


def days(scene: Scene, count: float) -> None:
    """Time passes."""
    scene.clock.now_s += count * 24 * 3600


def come_back(scene: Scene, client: Client) -> Client:
    """The same device, on another connection."""
    again = scene.client()
    again.device, again.secret = client.device, client.secret
    return again


def test_a_device_that_was_not_used_for_a_month_shows_the_password_again(scene: Scene) -> None:
    client = founder(scene)
    for _month in range(3):
        days(scene, 29)
        only(sign_in(come_back(scene, client)), events.SignedIn)
        scene.commit()
    days(scene, 31)
    late = come_back(scene, client)
    assert codes(sign_in(late)) == ["device_expired"]
    assert late.channel.end == "closed"
    only(sign_in(scene.client(), password=PASSWORD), events.SignedIn)


def test_a_connection_that_stays_open_is_use(scene: Scene) -> None:
    client = founder(scene)
    for _day in range(40):
        days(scene, 1)
        client.session.heard_at = scene.clock.now_s
        scene.pass_time(0.0)
        scene.commit()
    seen = [record for record in scene.records() if record.header.kind == "seen"]
    assert 38 <= len(seen) <= 40
    only(sign_in(come_back(scene, client)), events.SignedIn)
