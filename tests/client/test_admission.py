"""Admission: which server takes us, and what is made of a no."""

import msgspec
import pytest

from server.client.effects import Dial
from server.client.notices import (
    CertificateChanged,
    CertificateUnknown,
    Connected,
    Disconnected,
    OtherChat,
    Refused,
    SignInRefused,
    StandbyChanged,
    Taught,
)
from server.client.settings import ConversationSettings
from server.protocol import events, requests
from tests.client.scripted_pair import (
    ADDRESSES,
    IDENTITY,
    ScriptedServer,
    ServerSide,
    Wire,
    draft,
    kinds,
)


def test_r0_4_the_first_address_leads_and_the_second_stands_by() -> None:
    wire = Wire().connect()
    assert [notice.server for notice in wire.all_of(Connected)] == ["a"]
    assert wire.all_of(StandbyChanged)[-1].server == "b"
    assert wire.dials == [ADDRESSES["a"], ADDRESSES["b"]]


def test_r0_4_one_address_is_enough_to_know_both() -> None:
    wire = Wire(addresses=(ADDRESSES["a"],)).connect()
    assert wire.all_of(Taught)[-1].addresses == [ADDRESSES["a"], ADDRESSES["b"]]
    assert wire.all_of(StandbyChanged)[-1].server == "b"


def test_another_spelling_of_an_address_makes_no_second_link_to_the_same_server() -> None:
    wire = Wire(addresses=("localhost:7000", ADDRESSES["a"]))
    wire.pair.at = lambda address: wire.b() if address == ADDRESSES["b"] else wire.a()  # type: ignore[method-assign]
    wire.connect()
    wire.wait(30.0)
    assert len(wire.a().sides) == 1
    assert wire.all_of(StandbyChanged)[-1].server == "b"


def test_r0_4_a_full_first_server_sends_us_to_the_second_and_stands_by() -> None:
    wire = Wire()
    wire.pair.users_max = 3
    wire.pair.others["a"] = 3
    wire.connect()
    assert wire.conversation.server == "b"
    assert wire.all_of(StandbyChanged)[-1].server == "a"
    signed_in = [request for request in wire.b().asked if isinstance(request, requests.SignIn)]
    assert [request.is_redirected for request in signed_in] == [True]


def test_r0_4_without_a_standby_a_redirect_is_followed_too() -> None:
    wire = Wire(settings=ConversationSettings(has_standby=False))
    wire.pair.users_max = 3
    wire.pair.others["a"] = 3
    wire.connect()
    assert wire.conversation.server == "b"
    assert not wire.a().sides


def test_r0_4_both_full_is_refused_in_words_and_tried_again_when_told() -> None:
    wire = Wire()
    wire.pair.users_max = 3
    wire.pair.others = {"a": 3, "b": 3}
    wire.connect()
    refusal = wire.all_of(SignInRefused)[-1]
    assert (refusal.code, refusal.retry_in_s) == ("server_full", 2.0)
    assert wire.all_of(Disconnected)[-1].retry_in_s == 2.0
    assert not wire.a().sides
    assert not wire.b().sides
    wire.pair.others["b"] = 2
    wire.wait(2.0)
    assert wire.conversation.server == "b"


def test_r0_4_a_survivor_that_has_not_seen_the_death_yet_is_asked_again_soon() -> None:
    wire = Wire().connect()
    wire.pair.users_max = 1
    wire.pair.others["b"] = 1
    # The survivor still believes in the dead server: it sends us back there.
    wire.b().mute = {requests.Activate}
    wire.kill("a")
    wire.settle()
    activate = next(request for request in wire.b().asked if isinstance(request, requests.Activate))
    side = next(iter(wire.b().sides.values()))
    side.tell(events.GoTo(answer=activate.id, address=ADDRESSES["a"]))
    wire.b().mute = set()
    wire.settle()
    wire.wait(0.3)
    assert wire.conversation.server == "b"


def test_r0_4_a_redirect_to_an_unreachable_server_does_not_become_a_storm() -> None:
    wire = Wire()
    wire.pair.users_max = 1
    wire.pair.others["a"] = 1
    reachable = wire.pair.at
    wire.pair.at = lambda address: None if address == ADDRESSES["b"] else reachable(address)  # type: ignore[method-assign]
    wire.connect()
    wire.wait(60.0)
    asked = [request for request in wire.a().asked if isinstance(request, requests.Activate)]
    assert 5 < len(asked) < 100


def test_a_refused_name_stops_until_the_person_decides() -> None:
    wire = Wire()
    wire.a().refusals[requests.SignIn] = ("bad_name", {"name": "anna"})
    wire.connect()
    refusal = wire.all_of(SignInRefused)[-1]
    assert (refusal.code, refusal.arguments, refusal.retry_in_s) == ("bad_name", {"name": "anna"}, None)
    assert wire.all_of(Disconnected)[-1].retry_in_s is None
    dials = len(wire.dials)
    wire.wait(60.0)
    assert len(wire.dials) == dials
    wire.a().refusals.clear()
    wire.connect()
    assert wire.conversation.server == "a"


def sign_ins(server: ScriptedServer) -> list[tuple[bool, str, bool]]:
    """Each time somebody signed in there: as a standby, with which password, to register."""
    asked = [request for request in server.asked if isinstance(request, requests.SignIn)]
    return [(request.standby, request.password, request.register) for request in asked]


def test_r3_1_a_password_is_shown_until_the_device_is_known_and_never_by_a_standby() -> None:
    identity = msgspec.structs.replace(IDENTITY, password="open sesame", registers=True)
    assert "sesame" not in repr(identity)
    wire = Wire(identity=identity)
    wire.a().refusals[requests.SignIn] = ("busy", {"retry_s": 2})
    wire.connect()
    refusal = wire.all_of(SignInRefused)[-1]
    assert (refusal.code, refusal.retry_in_s) == ("busy", 2)
    wire.a().refusals.clear()
    wire.wait(3.0)
    assert wire.conversation.server == "a"
    assert sign_ins(wire.a()) == [(False, "open sesame", True)] * 2
    assert sign_ins(wire.b()) == [(True, "", False)]
    # Over another connection the secret is enough.
    wire.kill("a")
    wire.settle()
    wire.restart("a")
    wire.wait(30.0)
    assert sign_ins(wire.a())[2:] == [(True, "", False)]


def test_a_standby_that_refuses_us_is_no_reason_to_stop() -> None:
    wire = Wire()
    wire.b().refusals[requests.SignIn] = ("wrong_secret", {})
    wire.connect()
    wire.wait(10.0)
    assert wire.conversation.server == "a"
    assert not wire.all_of(SignInRefused)
    wire.b().refusals.clear()
    wire.wait(15.0)
    assert wire.all_of(StandbyChanged)[-1].server == "b"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("unknown_certificate", CertificateUnknown), ("wrong_certificate", CertificateChanged)],
)
def test_a_certificate_that_nobody_vouches_for_waits_for_the_person(
    code: str, kind: type[CertificateUnknown] | type[CertificateChanged]
) -> None:
    wire = Wire(addresses=(ADDRESSES["a"],))
    wire.conversation.connect(wire.now)
    dial = next(effect for effect in wire.conversation.take_effects() if isinstance(effect, Dial))
    wire.conversation.dial_failed(dial.link_id, code, wire.now, fingerprint="ab12")
    wire.wait(60.0)
    assert [notice.fingerprint for notice in wire.all_of(kind)] == ["ab12"]
    assert wire.all_of(Disconnected)[-1].retry_in_s is None
    assert wire.dials == []
    wire.connect()
    assert wire.conversation.server == "a"


def test_what_was_written_for_one_chat_never_goes_to_another() -> None:
    wire = Wire(drafts=(draft(1),), cluster="another")
    wire.connect()
    wire.wait(60.0)
    assert [notice.address for notice in wire.all_of(OtherChat)] == [ADDRESSES["a"], ADDRESSES["b"]]
    assert kinds(wire.a().asked) == ["Hello"]
    assert (wire.stored(), wire.all_of(Refused)) == ([], [])


def test_the_standby_must_belong_to_the_same_chat() -> None:
    wire = Wire()
    wire.b().cluster = "another"
    wire.connect()
    assert wire.all_of(Connected)[-1].cluster == "c"
    assert [notice.address for notice in wire.all_of(OtherChat)] == [ADDRESSES["b"]]


def test_leaving_is_polite_and_nothing_is_dialled_after_it() -> None:
    wire = Wire().connect()
    wire.conversation.stop(wire.now)
    wire.settle()
    wire.wait(60.0)
    assert kinds(wire.a().asked)[-1] == "SignOut"
    assert not wire.a().sides
    assert not wire.b().sides
    assert not wire.all_of(Disconnected)
    assert wire.conversation.next_wake() is None


@pytest.mark.parametrize(("told", "waited"), [("soon", 0.1), (-5, 0.1), (1e308, 300.0), (7, 7.0)])
def test_a_full_server_makes_us_wait_within_reason_whatever_it_tells(
    told: str | float, waited: float
) -> None:
    wire = Wire()
    wire.a().refusals[requests.SignIn] = ("server_full", {"retry_s": told})
    wire.connect()
    assert wire.all_of(SignInRefused)[0].retry_in_s == waited


def test_a_server_that_sends_even_a_standby_away_is_not_asked_on_and_on() -> None:
    wire = Wire(addresses=(ADDRESSES["a"],))
    server = wire.a()

    def send_away(side: ServerSide, request: requests.SignIn | requests.Activate) -> None:
        side.tell(events.GoTo(answer=request.id, address="\x1b[2J no address"))

    server.admit = send_away  # type: ignore[method-assign]
    wire.connect()
    wire.wait(10.0)
    assert len(server.asked) < 50
    assert wire.conversation.addresses == [ADDRESSES["a"]]


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    wire = Wire().connect()
    asked = len(wire.a().asked)
    (side,) = wire.a().sides.values()
    side.tell(events.GoTo(address=ADDRESSES["b"]))
    side.tell(events.Failed(code="bad_name"))
    wire.settle()
    assert wire.conversation.server == "a"
    assert len(wire.a().asked) == asked
