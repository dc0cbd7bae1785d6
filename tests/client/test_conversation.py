"""A conversation with a scripted pair, told as scripts: what happens, and what must follow."""

import random

import pytest

from server.client.conversation import Conversation
from server.client.effects import Dial
from server.client.notices import (
    CertificateChanged,
    CertificateUnknown,
    Connected,
    CopiesRaised,
    Delayed,
    Disconnected,
    Diverged,
    HistoryPage,
    LatencyMeasured,
    OtherChat,
    PositionMoved,
    PresenceChanged,
    QuestionFailed,
    Refused,
    RoomsChanged,
    ServersChanged,
    SignInRefused,
    StandbyChanged,
    Taught,
)
from server.client.reading import START_OF_ARCHIVE
from server.client.settings import ConversationSettings
from server.protocol import events, requests
from server.protocol.events import ServerFacts
from server.protocol.frames import encode_frame
from server.protocol.requests import Cursor
from tests.client.scripted_pair import ADDRESSES, EPOCH, IDENTITY, Wire, draft


def kinds(asked: list[requests.AnyRequest]) -> list[str]:
    return [type(request).__name__ for request in asked]


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


def test_the_first_server_is_away_then_the_second_takes_us_at_once() -> None:
    wire = Wire()
    wire.a().is_up = False
    wire.connect()
    assert wire.conversation.server == "b"
    assert not wire.all_of(Disconnected)


def test_a_first_server_that_does_not_answer_has_a_head_start_of_a_second_only() -> None:
    wire = Wire()
    wire.a().mute = {requests.Hello}
    wire.connect()
    assert wire.dials == [ADDRESSES["a"]]
    wire.wait(1.0)
    assert wire.conversation.server == "b"


def test_with_both_away_the_next_try_is_told_and_the_waits_grow_to_the_cap() -> None:
    wire = Wire()
    wire.kill("a")
    wire.kill("b")
    wire.connect()
    wire.wait(120.0)
    told = [notice.retry_in_s for notice in wire.all_of(Disconnected)]
    assert all(retry_in_s is not None and retry_in_s <= 10.0 for retry_in_s in told)
    assert {notice.code for notice in wire.all_of(Disconnected)} == {"refused"}
    assert 12 < len(wire.dials) < 80
    wire.restart("b")
    wire.wait(10.0)
    assert wire.conversation.server == "b"


def test_r0_6_the_active_server_dies_and_the_standby_goes_on_with_the_whole_outbox() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.Send}
    wire.conversation.send([draft(counter) for counter in (1, 2, 3)], wire.now)
    wire.settle()
    wire.b().asked.clear()
    wire.kill("a")
    wire.settle()
    asked = [kind for kind in kinds(wire.b().asked) if kind != "Ping"]
    assert asked == ["Activate", "Send", "Send", "Send"]
    assert wire.stored() == [1, 2, 3]
    assert not wire.all_of(Disconnected)
    assert [kept.counter for kept in wire.pair.archive] == [1, 2, 3]


def test_r0_6_what_was_stored_before_the_death_is_not_stored_or_shown_twice() -> None:
    wire = Wire().connect()
    wire.conversation.send([draft(1), draft(2)], wire.now)
    # The servers have it; the answers are lost with the server.
    while wire.carry_one_out():
        pass
    wire.kill("a")
    wire.settle()
    assert [kept.counter for kept in wire.pair.archive] == [1, 2]
    assert wire.stored() == [1, 2]
    assert wire.arrived() == [(IDENTITY.device, 1), (IDENTITY.device, 2)]


def test_r0_6_messages_that_came_without_the_end_of_their_flush_are_not_given_again() -> None:
    wire = Wire().connect()
    wire.post(1)
    wire.post(2)
    side = next(iter(wire.a().sides.values()))
    while len(side.to_client) > 1:
        wire.carry_one_in()
    wire.kill("a")
    wire.post(3)
    wire.settle()
    assert [counter for _, counter in wire.arrived()] == [1, 2, 3]


def test_the_lost_server_comes_back_as_the_new_standby() -> None:
    wire = Wire().connect()
    wire.kill("a")
    wire.wait(5.0)
    assert wire.all_of(StandbyChanged)[-1].server == ""
    wire.restart("a")
    wire.wait(10.0)
    assert wire.conversation.server == "b"
    assert wire.all_of(StandbyChanged)[-1].server == "a"


def test_a_server_that_says_goodbye_is_left_at_once() -> None:
    wire = Wire().connect()
    wire.pair.tell_all(events.Goodbye(code="shutting_down", address=ADDRESSES["b"]))
    wire.b().sides[next(iter(wire.b().sides))].to_client.clear()
    wire.settle()
    assert wire.conversation.server == "b"


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


def test_no_send_goes_out_beyond_the_window() -> None:
    wire = Wire(settings=ConversationSettings(window=4)).connect()
    wire.a().mute = {requests.Send}
    wire.conversation.send([draft(counter) for counter in range(1, 11)], wire.now)
    wire.settle()
    sent = [request for request in wire.a().asked if isinstance(request, requests.Send)]
    assert [request.counter for request in sent] == [1, 2, 3, 4]
    wire.kill("a")
    wire.settle()
    assert wire.stored() == list(range(1, 11))


def test_drafts_of_an_earlier_run_are_sent_first_and_once() -> None:
    wire = Wire(drafts=(draft(7), draft(5))).connect()
    wire.conversation.send([draft(8)], wire.now)
    wire.settle()
    assert [kept.counter for kept in wire.pair.archive] == [5, 7, 8]
    assert wire.conversation.outbox_count == 0


def test_a_refused_message_leaves_and_does_not_stop_the_next_one() -> None:
    wire = Wire().connect()
    wire.a().refusals[requests.Send] = ("unknown_room", {"room": "nowhere"})
    wire.conversation.send([draft(1, room="nowhere")], wire.now)
    wire.settle()
    wire.a().refusals.clear()
    wire.conversation.send([draft(2)], wire.now)
    wire.settle()
    refused = wire.all_of(Refused)[-1]
    assert (refused.counter, refused.code, refused.arguments) == (1, "unknown_room", {"room": "nowhere"})
    assert wire.stored() == [2]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n", "empty_message"),
        ("x" * 8_001, "message_too_long"),
        ("😀" * 8_000 + "😀", "message_too_long"),
        ("€" * 7_999 + "😀" * 1, None),
        ("😀" * 8_000, None),
        ("\ud800", "bad_utf8"),
    ],
)
def test_what_no_server_would_store_is_refused_before_it_is_sent(text: str, code: str | None) -> None:
    wire = Wire().connect()
    wire.conversation.send([draft(1, text=text)], wire.now)
    wire.settle()
    assert [notice.code for notice in wire.all_of(Refused)] == ([code] if code else [])
    assert wire.stored() == ([] if code else [1])


def test_a_passing_refusal_keeps_the_order_and_tries_again() -> None:
    wire = Wire().connect()
    wire.a().refusals[requests.Send] = ("disk_full", {})
    wire.conversation.send([draft(1), draft(2)], wire.now)
    wire.settle()
    assert wire.all_of(Delayed)[-1].code == "disk_full"
    assert wire.conversation.outbox_count == 2
    wire.a().refusals.clear()
    wire.conversation.send([draft(3)], wire.now)
    wire.wait(1.0)
    assert [kept.counter for kept in wire.pair.archive] == [1, 2, 3]


def test_p5_a_server_that_answers_no_send_for_30_s_is_left_for_the_other() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.Send}
    wire.conversation.send([draft(1)], wire.now)
    wire.wait(29.9)
    assert wire.conversation.server == "a"
    wire.wait(0.2)
    assert wire.all_of(Delayed)[-1].code == "unknown"
    assert wire.conversation.server == "b"
    assert wire.stored() == [1]


def test_p5_slow_progress_is_progress() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.Send}
    wire.conversation.send([draft(counter) for counter in range(1, 6)], wire.now)
    wire.settle()
    asked = [request for request in wire.a().asked if isinstance(request, requests.Send)]
    side = next(iter(wire.a().sides.values()))
    for request in asked:
        wire.wait(20.0)
        wire.a().store(side, request)
    wire.settle()
    assert wire.stored() == [1, 2, 3, 4, 5]
    assert not wire.all_of(Delayed)


def test_a_silent_server_is_left_after_45_s() -> None:
    wire = Wire(addresses=(ADDRESSES["a"],), settings=ConversationSettings(has_standby=False)).connect()
    wire.a().mute = {requests.Ping}
    wire.wait(44.9)
    assert wire.conversation.server == "a"
    wire.a().is_up = False
    wire.wait(0.2)
    assert wire.conversation.server == "b"


def test_a_server_that_hangs_is_left_when_the_other_one_says_that_it_is_away() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.Ping, requests.Send}
    wire.a().is_up = False
    side = next(iter(wire.b().sides.values()))
    side.tell(events.ServersChanged(servers=wire.pair.facts(), mode="solo"))
    wire.wait(1.4)
    assert wire.conversation.server == "a"
    wire.wait(0.2)
    assert wire.conversation.server == "b"


def test_a_server_that_hangs_is_left_when_the_other_one_answers() -> None:
    wire = Wire().connect()
    wire.wait(1.0)
    wire.a().is_stopped = True
    wire.conversation.send([draft(1)], wire.now)
    wire.wait(2.4)
    assert wire.conversation.server == "a"
    wire.wait(0.2)
    assert wire.conversation.server == "b"
    assert wire.stored() == [1]


def test_when_both_servers_are_silent_nobody_is_left() -> None:
    wire = Wire().connect()
    for server in wire.pair.servers.values():
        server.is_stopped = True
    wire.wait(40.0)
    assert wire.conversation.server == "a"
    for server in wire.pair.servers.values():
        server.go_on()
    wire.wait(60.0)
    assert wire.conversation.server == "a"
    assert not wire.all_of(Disconnected)


def test_a_server_that_waits_for_its_disk_but_answers_pings_is_not_left() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.Send}
    wire.conversation.send([draft(1)], wire.now)
    wire.wait(20.0)
    assert wire.conversation.server == "a"


def test_a_false_rumour_of_death_changes_nothing() -> None:
    wire = Wire().connect()
    facts = [ServerFacts(name="a", address=ADDRESSES["a"], role="away")]
    side = next(iter(wire.b().sides.values()))
    side.tell(events.ServersChanged(servers=facts, mode="solo"))
    wire.wait(30.0)
    assert wire.conversation.server == "a"


def test_questions_in_flight_are_asked_again_on_the_new_link() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.History}
    wire.conversation.ask(77, requests.History(id=1, room="general"), wire.now)
    wire.settle()
    assert not wire.all_of(HistoryPage)
    wire.kill("a")
    wire.settle()
    assert [page.ticket for page in wire.all_of(HistoryPage)] == [77]


def test_p5_a_question_never_hangs() -> None:
    wire = Wire()
    wire.kill("a")
    wire.kill("b")
    wire.connect()
    wire.conversation.ask(5, requests.Who(id=1, room="general"), wire.now)
    wire.wait(30.0)
    failed = wire.all_of(QuestionFailed)
    assert [(notice.ticket, notice.code) for notice in failed] == [(5, "unknown")]


def test_a_question_that_is_refused_says_why() -> None:
    wire = Wire().connect()
    wire.a().refusals[requests.History] = ("unknown_room", {"room": "x"})
    wire.conversation.ask(5, requests.History(id=1, room="x"), wire.now)
    wire.settle()
    assert wire.all_of(QuestionFailed)[-1].code == "unknown_room"


def test_the_whole_archive_comes_from_the_start_of_it() -> None:
    wire = Wire(cursor=START_OF_ARCHIVE)
    for counter in range(1, 6):
        wire.post(counter)
    wire.connect()
    assert [counter for _, counter in wire.arrived()] == [1, 2, 3, 4, 5]


def test_without_a_cursor_delivery_starts_at_the_end() -> None:
    wire = Wire()
    wire.post(1)
    wire.connect()
    wire.post(2)
    wire.settle()
    assert [counter for _, counter in wire.arrived()] == [2]


def test_r0_2_the_counters_follow_the_archive() -> None:
    wire = Wire(cursor=START_OF_ARCHIVE)
    for counter in range(1, 4):
        wire.post(counter)
    wire.conversation.connect(wire.now)
    while not wire.arrived():
        _ = wire.carry_one_out() or wire.carry_one_in()
        wire.take()
    first = wire.all_of(PositionMoved)[-1]
    assert (first.number, first.archive_number) == (1, 3)
    wire.settle()
    last = wire.all_of(PositionMoved)[-1]
    assert (last.number, last.archive_number, last.cursor.index) == (3, 3, 3)


def test_r0_7_a_divergence_is_told_and_what_lies_behind_it_is_given_again() -> None:
    wire = Wire().connect()
    for counter in (1, 2, 3):
        wire.post(counter)
    wire.settle()
    # The archives merged: 3 moved behind 4.
    side = next(iter(wire.a().sides.values()))
    kept = wire.pair.archive
    third = kept.pop()
    wire.pair.append("f" * 32, 4, "from the other side")
    wire.pair.append("f" * 32, 3, third.text)
    side.sent_index = 2
    side.tell(events.Diverged(index=2))
    wire.pair.deliver()
    wire.settle()
    assert [notice.index for notice in wire.all_of(Diverged)] == [2]
    assert [counter for _, counter in wire.arrived()] == [1, 2, 3, 4, 3]


def test_r0_7_another_message_at_an_index_that_we_hold_is_a_divergence() -> None:
    wire = Wire().connect()
    wire.post(1)
    side = next(iter(wire.a().sides.values()))
    while len(side.to_client) > 1:
        wire.carry_one_in()
    wire.kill("a")
    wire.pair.archive.clear()
    wire.post(9)
    wire.settle()
    assert [notice.index for notice in wire.all_of(Diverged)] == [0]
    assert [counter for _, counter in wire.arrived()] == [1, 9]


def test_r0_7_a_sign_in_behind_our_cursor_is_one_divergence() -> None:
    wire = Wire().connect()
    for counter in (1, 2, 3):
        wire.post(counter)
    wire.settle()
    wire.b().mute = {requests.Activate}
    wire.kill("a")
    wire.settle()
    activate = next(request for request in wire.b().asked if isinstance(request, requests.Activate))
    wire.pair.archive[:] = wire.pair.archive[:1]
    wire.post(9)
    signed_in = requests.Activate(id=activate.id, cursor=Cursor(epoch=EPOCH, index=1))
    side = next(iter(wire.b().sides.values()))
    wire.b().admit(side, signed_in)
    side.tell(events.Diverged(index=1))
    wire.pair.deliver()
    wire.settle()
    assert [notice.index for notice in wire.all_of(Diverged)] == [1]
    assert [counter for _, counter in wire.arrived()] == [1, 2, 3, 9]


def test_rooms_presence_copies_and_the_state_of_the_pair_are_passed_on() -> None:
    wire = Wire().connect()
    wire.pair.tell_all(events.RoomCreated(index=1, room="r1", name="tea", user="v"))
    wire.pair.tell_all(events.RoomJoined(index=2, room="r1", user="u", name="anna"))
    wire.pair.tell_all(events.PresenceChanged(members=5, online=3))
    wire.pair.tell_all(events.CopiesRaised(index=2))
    wire.pair.tell_all(events.ServersChanged(servers=wire.pair.facts(), mode="dual"))
    wire.settle()
    tea = wire.all_of(RoomsChanged)[-1].rooms[-1]
    assert (tea.name, tea.members, tea.is_member) == ("tea", 2, True)
    assert wire.all_of(PresenceChanged)[-1].online == 3
    assert wire.all_of(CopiesRaised)[-1].index == 2
    assert wire.all_of(ServersChanged)[-1].mode == "dual"


def test_the_round_trip_is_measured_on_the_active_link() -> None:
    wire = Wire().connect()
    wire.wait(11.0)
    assert len(wire.all_of(LatencyMeasured)) == 3
    assert {notice.server for notice in wire.all_of(LatencyMeasured)} == {"a"}


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
    assert wire.conversation.outbox_count == 1


def test_the_standby_must_belong_to_the_same_chat() -> None:
    wire = Wire()
    wire.b().cluster = "another"
    wire.connect()
    assert wire.all_of(Connected)[-1].cluster == "c"
    assert [notice.address for notice in wire.all_of(OtherChat)] == [ADDRESSES["b"]]


def test_nonsense_from_a_server_ends_its_link_only() -> None:
    wire = Wire().connect()
    link_id = next(iter(wire.a().sides))
    wire.conversation.link_bytes(link_id, b"HTTP/1.1 400 Bad Request\r\n", wire.now)
    wire.settle()
    assert wire.conversation.server == "b"


def test_events_of_a_newer_server_are_passed_over() -> None:
    wire = Wire().connect()
    link_id = next(iter(wire.a().sides))
    wire.conversation.link_bytes(link_id, b'{"event":"telepathy","strength":9}\n', wire.now)
    wire.settle()
    assert wire.conversation.server == "a"


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


def test_a_resumed_conversation_continues_at_its_cursor() -> None:
    wire = Wire(cursor=Cursor(epoch=EPOCH, index=2))
    for counter in range(1, 5):
        wire.post(counter)
    wire.connect()
    assert [counter for _, counter in wire.arrived()] == [3, 4]


def test_counters_that_do_not_rise_are_our_own_mistake() -> None:
    conversation = Conversation(
        IDENTITY, [], cursor=None, settings=ConversationSettings(), rng=random.Random(1)
    )
    conversation.send([draft(2)], 0.0)
    with pytest.raises(ValueError, match="counter 1 after 2"):
        conversation.send([draft(1)], 0.0)


def test_frames_may_be_cut_anywhere() -> None:
    wire = Wire().connect()
    link_id = next(iter(wire.a().sides))
    message = wire.pair.append("f" * 32, 1, "hello")
    for byte in encode_frame(message):
        wire.conversation.link_bytes(link_id, bytes([byte]), wire.now)
    wire.take()
    assert wire.arrived() == [("f" * 32, 1)]
