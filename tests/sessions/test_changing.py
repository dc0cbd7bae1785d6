"""Edits, deletions, reactions and replies through sessions: who hears what, and what the past shows then."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from server.protocol import events, limits, requests
from server.protocol.frames import encode_frame
from server.protocol.limits import INTEGER_MAX
from tests.sessions.asking import Asking, coming, of
from tests.sessions.scene import Scene, codes, messages_in, only
from tests.waiting import wait_until

NOBODY = "f" * 32


@pytest.fixture
def anna(scene: Scene) -> Asking:
    """Anna, signed in."""
    return coming(scene, "Anna")


@pytest.fixture
def ben(scene: Scene) -> Asking:
    """Ben, signed in."""
    return coming(scene, "Ben")


def test_an_edit_is_told_to_the_room_and_the_past_shows_the_last_one(anna: Asking, ben: Asking) -> None:
    said = anna.say("helo")
    ben.client.heard()
    anna.ask(requests.Edit, **of(anna, said), text="hello")
    anna.ask(requests.Edit, **of(anna, said), text="hello!")
    told = [event for event in ben.client.heard() if isinstance(event, events.MessageEdited)]
    assert [(event.text, event.target) for event in told] == [
        (text, (anna.client.device, said)) for text in ("hello", "hello!")
    ]
    (message,) = ben.history()
    assert (message.text, message.edited_ms) == ("hello!", told[-1].edited_ms)
    assert message.number == 1


def test_a_deletion_leaves_a_place_without_a_text(anna: Asking, ben: Asking) -> None:
    said = anna.say("the secret")
    anna.ask(requests.Edit, **of(anna, said), text="the secret, again")
    ben.ask(requests.React, **of(anna, said), emoji="👍")
    ben.client.heard()
    anna.ask(requests.Delete, **of(anna, said))
    told = only(ben.client.heard(), events.MessageDeleted)
    assert told.target == (anna.client.device, said)
    (message,) = ben.history()
    assert (message.text, message.is_deleted, message.reactions) == ("", True, {})
    assert (message.edited_ms, message.number, message.name) == (0, 1, "Anna")


def test_nobody_who_comes_later_is_sent_what_was_deleted(scene: Scene, anna: Asking) -> None:
    said = anna.say("the secret")
    anna.ask(requests.Edit, **of(anna, said), text="another secret")
    anna.ask(requests.Delete, **of(anna, said))
    late = scene.client()
    late.greet()
    cursor = requests.Cursor(epoch="0.0.0", index=0)
    heard = late.ask(requests.SignIn, name="Cleo", device=late.device, secret=late.secret, cursor=cursor)

    def has_all() -> bool:
        scene.commit()
        heard.extend(late.heard())
        return any(isinstance(event, events.MessageDeleted) for event in heard)

    wait_until(has_all)
    assert "secret" not in repr(heard)
    assert [message.is_deleted for message in messages_in(heard)] == [True]


def test_reactions_are_counted_by_person_and_taken_away(anna: Asking, ben: Asking) -> None:
    said = anna.say("hello")
    for emoji, is_on in (("👍", True), ("👍", True), ("🎉", True), ("🎉", False)):
        ben.ask(requests.React, **of(anna, said), emoji=emoji, is_on=is_on)
    anna.ask(requests.React, **of(anna, said), emoji="👍")
    (message,) = anna.history()
    state = anna.scene.state
    assert message.reactions == {"👍": [state.user_by_name["ben"], state.user_by_name["anna"]]}


def test_a_reply_names_what_it_answers_and_keeps_its_order(anna: Asking, ben: Asking) -> None:
    said = anna.say("who comes?")
    answer = ben.client.request(
        requests.Send, counter=1, room="general", text="I do", time_ms=1, reply=(anna.client.device, said)
    )
    after = ben.client.request(requests.Send, counter=2, room="general", text="with bread", time_ms=1)
    ben.client.send(encode_frame(answer) + encode_frame(after))

    def are_there() -> bool:
        ben.scene.commit()
        return len(anna.history()) == 3

    wait_until(are_there)
    messages = anna.history()
    assert [message.text for message in messages] == ["who comes?", "I do", "with bread"]
    assert [message.reply for message in messages] == [None, (anna.client.device, said), None]


def test_a_text_mentions_members_by_their_names(anna: Asking, ben: Asking) -> None:
    anna.say("@Ben, bring bread; write to anna@example.org or @nobody, @ben")
    (message,) = ben.history()
    assert message.mentions == [ben.scene.state.user_by_name["ben"]]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(requests.Edit, {"text": "x"}), (requests.Delete, {}), (requests.React, {"emoji": "👍"})],
)
def test_what_is_not_there_cannot_be_changed(
    anna: Asking, kind: type[requests.AnyRequest], fields: dict[str, Any]
) -> None:
    assert codes(anna.ask(kind, device=NOBODY, message=1, **fields)) == ["unknown_message"]
    assert codes(anna.ask(kind, **of(anna, INTEGER_MAX), **fields)) == ["unknown_message"]
    # The sign-in is a record of this device as well, and no message.
    said = anna.say("hello")
    anna.ask(requests.Delete, **of(anna, said))
    deleting = anna.counter
    assert codes(anna.ask(kind, **of(anna, deleting), **fields)) == ["unknown_message"]
    assert codes(anna.ask(kind, **of(anna, said), **fields)) == ["deleted_message"]


def test_others_change_nothing(anna: Asking, ben: Asking) -> None:
    said = anna.say("hello")
    assert codes(ben.ask(requests.Edit, **of(anna, said), text="mine")) == ["forbidden"]
    assert codes(ben.ask(requests.Delete, **of(anna, said))) == ["forbidden"]
    assert codes(anna.ask(requests.React, **of(anna, said), emoji="no")) == ["bad_emoji"]
    assert codes(anna.ask(requests.Edit, **of(anna, said), text=" ")) == ["empty_message"]
    room = anna.ask(requests.CreateRoom, name="garden")
    made = only(room, events.Stored).room
    anna.ask(requests.Send, room=made, text="alone", time_ms=1)
    assert codes(ben.ask(requests.React, **of(anna, anna.counter), emoji="👍")) == ["unknown_message"]
    answer = {"reply": (anna.client.device, said)}
    wrong = anna.ask(requests.Send, room=made, text="to another room", time_ms=1, **answer)
    assert codes(wrong) == ["unknown_message"]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (requests.Edit, {"text": "x"}),
        (requests.Delete, {}),
        (requests.React, {"emoji": "👍"}),
        (requests.Send, {"room": "general", "text": "x", "time_ms": 1}),
    ],
)
def test_what_is_said_where_one_may_not_read_is_as_if_it_were_not_there(
    anna: Asking, ben: Asking, kind: type[requests.AnyRequest], fields: dict[str, Any]
) -> None:
    group = only(anna.ask(requests.CreateGroup, name="Choir", users=[]), events.Stored).room
    said = anna.say("a secret", room=group)
    gone = anna.say("another one", room=group)
    anna.ask(requests.Delete, **of(anna, gone))
    for message in (said, gone, INTEGER_MAX):
        target = {"reply": (anna.client.device, message)} if kind is requests.Send else of(anna, message)
        (refused,) = [e for e in ben.ask(kind, **fields, **target) if isinstance(e, events.Failed)]
        assert (refused.code, refused.arguments) == ("unknown_message", {}), message
        # A counter that was used for something else opens no other door.
        ben.counter = max(0, ben.counter - 1)


def test_what_was_changed_before_one_was_put_out_is_answered_again(anna: Asking, ben: Asking) -> None:
    group = only(anna.ask(requests.CreateGroup, name="Choir", users=["@Ben"]), events.Stored).room
    said, other = anna.say("la", room=group), anna.say("lo", room=group)
    for kind, fields in (
        (requests.React, {**of(anna, said), "emoji": "🎶"}),
        (requests.Send, {"room": group, "text": "lala", "time_ms": 1, "reply": (anna.client.device, said)}),
    ):
        only(ben.ask(kind, **fields), events.Stored)
    anna.ask(requests.RemoveMember, room=group, user="@Ben")
    # The scene's engine judges anew what it is given twice; that it was let through is what counts here.
    ben.counter = 0
    assert codes(ben.ask(requests.React, **of(anna, said), emoji="🎶")) == ["id_reuse"]
    again = {"room": group, "text": "lala", "time_ms": 1, "reply": (anna.client.device, said)}
    assert codes(ben.ask(requests.Send, **again)) == ["id_reuse"]
    # What was about something else is not.
    ben.counter = 0
    assert codes(ben.ask(requests.React, **of(anna, other), emoji="🎶")) == ["unknown_message"]


def test_a_message_is_changed_so_often_and_not_without_end(
    anna: Asking, ben: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CHANGES_PER_PERSON_MAX", 3)
    monkeypatch.setattr(limits, "CHANGES_MAX", 5)
    said = anna.say("hello")
    for emoji in ("👍", "🎉", "🌱"):
        only(ben.ask(requests.React, **of(anna, said), emoji=emoji), events.Stored)
    for again in ({"emoji": "🎶"}, {"emoji": "👍", "is_on": False}):
        assert codes(ben.ask(requests.React, **of(anna, said), **again)) == ["too_many_changes"]
    only(anna.ask(requests.Edit, **of(anna, said), text="hallo"), events.Stored)
    only(anna.ask(requests.React, **of(anna, said), emoji="👍"), events.Stored)
    assert codes(anna.ask(requests.Edit, **of(anna, said), text="hi")) == ["too_many_changes"]
    ben.counter = 0
    # What was asked before is let through; the scene's engine judges it anew.
    assert codes(ben.ask(requests.React, **of(anna, said), emoji="👍")) == ["id_reuse"]
    # To take it away is always allowed.
    only(anna.ask(requests.Delete, **of(anna, said)), events.Stored)


def test_what_is_asked_again_is_answered_as_it_was(anna: Asking) -> None:
    said = anna.say("hello")
    first = only(anna.ask(requests.Edit, **of(anna, said), text="hallo"), events.Stored)
    deleted = only(anna.ask(requests.Delete, **of(anna, said)), events.Stored)
    asked: list[Callable[[], list[events.AnyEvent]]] = [
        lambda: anna.ask(requests.Send, room="general", text="hello", time_ms=5),
        lambda: anna.ask(requests.Edit, **of(anna, said), text="hallo"),
        lambda: anna.ask(requests.Delete, **of(anna, said)),
    ]
    anna.counter = 0
    # The scene's engine judges anew what it is given twice; that it was let through is what counts here.
    assert [codes(ask()) for ask in asked] == [["id_reuse"]] * 3
    assert first.index < deleted.index


def test_the_archive_is_read_beside_the_loop(anna: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    found = type(anna.scene.hub.store).index_of_id

    def index_of_id(self: Any, device: str, counter: int) -> int | None:
        threads.append(threading.current_thread().name)
        return found(self, device, counter)

    monkeypatch.setattr(type(anna.scene.hub.store), "index_of_id", index_of_id)
    anna.ask(requests.Delete, **of(anna, 1))
    assert threads
    assert not any("io" in name for name in threads)
