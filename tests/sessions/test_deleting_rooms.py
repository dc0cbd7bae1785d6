"""A room is deleted, as its people, the others, and the administrators of the chat are told."""

from typing import Any

import pytest

from server.protocol import events, requests
from tests.sessions.asking import Asking, coming, of
from tests.sessions.scene import Scene, codes, messages_in, only
from tests.sessions.test_registration import audit, operator


class Garden:
    """Anna administers a public room and a group with Ben in both; Cleo is in neither."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.anna, self.ben, self.cleo = (coming(scene, name) for name in ("Anna", "Ben", "Cleo"))
        self.room = only(self.anna.ask(requests.CreateRoom, name="garden"), events.Stored).room
        self.group = only(
            self.anna.ask(requests.CreateGroup, name="Choir", users=["@Ben"]), events.Stored
        ).room
        self.ben.ask(requests.JoinRoom, room=self.room)
        for person in (self.anna, self.ben, self.cleo):
            person.client.heard()

    def rooms_of(self, person: Asking) -> list[str]:
        """The names of those that are told to a person."""
        told = person.client.ask_for(events.RoomList, requests.Rooms).rooms
        return [facts.name for facts in told]


@pytest.fixture
def garden(scene: Scene) -> Garden:
    return Garden(scene)


def deleted_in(told: list[events.AnyEvent]) -> list[str]:
    return [event.room_name for event in told if isinstance(event, events.RoomDeleted)]


def test_everybody_hears_of_a_public_room_and_only_its_people_of_a_group(garden: Garden) -> None:
    anna, ben, cleo = garden.anna, garden.ben, garden.cleo
    assert codes(ben.ask(requests.DeleteRoom, room=garden.room)) == ["not_an_administrator"]
    assert codes(cleo.ask(requests.DeleteRoom, room=garden.room)) == ["not_a_member"]
    assert codes(cleo.ask(requests.DeleteRoom, room=garden.group)) == ["unknown_room"]
    assert codes(anna.ask(requests.DeleteRoom, room="general")) == ["forbidden"]
    told = anna.ask(requests.DeleteRoom, room=garden.room)
    assert deleted_in(told) == ["garden"]
    assert deleted_in(ben.client.heard()) == deleted_in(cleo.client.heard()) == ["garden"]
    told = anna.ask(requests.DeleteRoom, room=garden.group)
    assert deleted_in(told) == deleted_in(ben.client.heard()) == ["Choir"]
    assert deleted_in(cleo.client.heard()) == []
    for person in (anna, ben, cleo):
        assert garden.rooms_of(person) == ["general"]


def test_who_had_read_it_asks_for_it_in_vain(garden: Garden) -> None:
    anna, ben = garden.anna, garden.ben
    written = ben.say("roses", room=garden.room)
    anna.ask(requests.DeleteRoom, room=garden.room)
    about = of(ben, written)
    questions: list[tuple[type[requests.AnyRequest], dict[str, Any]]] = [
        (requests.History, {}),
        (requests.Who, {}),
        (requests.Receipts, {}),
        (requests.Typing, {}),
        (requests.Search, {"text": "roses"}),
    ]
    changes: list[tuple[type[requests.AnyRequest], dict[str, Any]]] = [
        (requests.Edit, {**about, "text": "tulips"}),
        (requests.React, {**about, "emoji": "🌹"}),
        (requests.Delete, about),
    ]
    message = {"room": garden.room, "text": "hello?", "time_ms": 1}
    for person in (anna, ben):
        for kind, fields in questions:
            found = person.client.ask_until(events.Failed, kind, room=garden.room, **fields)
            assert codes(found) == ["deleted_room"], kind
        for kind, fields in changes:
            assert codes(person.ask(kind, **fields)) == ["unknown_message"], kind
        reply = (ben.client.device, written)
        assert codes(person.ask(requests.Send, **message, reply=reply)) == ["unknown_message"]
        assert codes(person.ask(requests.Send, **message)) == ["deleted_room"]
    found = anna.client.ask_until(events.UnreadCounts, requests.Unread)
    assert only(found, events.UnreadCounts).counts == []


def test_a_room_of_the_same_name_is_another_one_without_that_past(garden: Garden) -> None:
    garden.ben.say("roses", room=garden.room)
    garden.anna.ask(requests.DeleteRoom, room=garden.room)
    made = only(garden.cleo.ask(requests.CreateRoom, name="garden"), events.Stored).room
    assert made != garden.room
    garden.cleo.say("tulips", room=made)
    found = garden.cleo.client.ask_until(events.HistoryPage, requests.History, room=made)
    assert [message.text for message in only(found, events.HistoryPage).messages] == ["tulips"]
    assert messages_in(garden.ben.client.heard()) == []


def test_who_was_away_is_told_at_the_next_sign_in(garden: Garden) -> None:
    scene, ben = garden.scene, garden.ben.client
    end = scene.hub.delivery.position
    scene.do(lambda: ben.session.closed(None))
    garden.anna.ask(requests.DeleteRoom, room=garden.group)
    again = scene.client()
    again.device, again.secret = ben.device, ben.secret
    told = again.sign_in("Ben", cursor=requests.Cursor(end.epoch, end.index))
    assert deleted_in(told) == ["Choir"]
    assert [facts.name for facts in only(told, events.SignedIn).rooms] == ["general", "garden"]


def test_administrators_of_the_chat_find_a_public_one_in_their_audit(garden: Garden) -> None:
    for room in (garden.room, garden.group):
        garden.anna.ask(requests.DeleteRoom, room=room)
    client, _found = operator(garden.scene)
    (act,) = audit(client).acts
    assert (act.by, act.act, act.detail) == ("Anna", "delete_room", "#garden")
