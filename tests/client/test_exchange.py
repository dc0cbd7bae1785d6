"""Exchange: drafts and questions over links that come and go."""

import random

import pytest

from server.client.conversation import Conversation
from server.client.notices import (
    Answered,
    Delayed,
    QuestionFailed,
    Refused,
)
from server.client.settings import ConversationSettings
from server.protocol import requests
from tests.client.scripted_pair import IDENTITY, Wire, draft


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
    assert wire.stored() == [5, 7, 8]


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
    wire.a().refusals[requests.Send] = ("internal", {})
    wire.conversation.send([draft(1), draft(2)], wire.now)
    wire.settle()
    assert wire.all_of(Delayed)[-1].code == "internal"
    assert (wire.stored(), wire.all_of(Refused)) == ([], [])
    wire.a().refusals.clear()
    wire.conversation.send([draft(3)], wire.now)
    wire.wait(1.0)
    assert [kept.counter for kept in wire.pair.archive] == [1, 2, 3]


def test_what_one_full_disk_refuses_goes_out_at_the_other_server_at_once_and_in_order() -> None:
    wire = Wire().connect()
    wire.wait(0.5)
    wire.a().refusals[requests.Send] = ("disk_full", {})
    wire.conversation.send([draft(1), draft(2), draft(3)], wire.now)
    wire.settle()
    assert wire.conversation.server == "b"
    assert [kept.counter for kept in wire.pair.archive] == [1, 2, 3]
    assert [notice.code for notice in wire.all_of(Delayed)] == ["disk_full"]


def test_while_both_disks_are_full_everything_waits_and_no_server_is_pestered() -> None:
    wire = Wire().connect()
    wire.wait(0.5)
    for name in ("a", "b"):
        wire.pair.servers[name].refusals[requests.Send] = ("disk_full", {})
    wire.conversation.send([draft(1), draft(2)], wire.now)
    wire.wait(60.0)
    asked = sum(
        isinstance(request, requests.Send)
        for server in wire.pair.servers.values()
        for request in server.asked
    )
    assert asked < 300
    assert (wire.stored(), wire.all_of(Refused)) == ([], [])
    wire.pair.servers["b"].refusals.clear()
    wire.wait(15.0)
    assert [kept.counter for kept in wire.pair.archive] == [1, 2]


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


def test_questions_in_flight_are_asked_again_on_the_new_link() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.History}
    wire.conversation.ask(77, requests.History(id=1, room="general"), wire.now)
    wire.settle()
    assert not wire.all_of(Answered)
    wire.kill("a")
    wire.settle()
    assert [answered.ticket for answered in wire.all_of(Answered)] == [77]


def test_a_question_that_is_refused_says_why() -> None:
    wire = Wire().connect()
    wire.a().refusals[requests.History] = ("unknown_room", {"room": "x"})
    wire.conversation.ask(5, requests.History(id=1, room="x"), wire.now)
    wire.settle()
    assert wire.all_of(QuestionFailed)[-1].code == "unknown_room"


def test_counters_that_do_not_rise_are_our_own_mistake() -> None:
    conversation = Conversation(
        IDENTITY, [], cursor=None, settings=ConversationSettings(), rng=random.Random(1)
    )
    conversation.send([draft(2)], 0.0)
    with pytest.raises(ValueError, match="counter 1 after 2"):
        conversation.send([draft(1)], 0.0)
