"""Friends, groups and rooms through sessions: who is told what, and who may look at what."""

from collections.abc import Callable
from typing import Any

import pytest

from server.protocol import events, limits, requests
from server.protocol.facts import RoomFacts
from tests.sessions.scene import Client, Scene, codes, messages_in, only
from tests.waiting import wait_until


@pytest.fixture
def anna(scene: Scene) -> Client:
    client = scene.client()
    client.sign_in("Anna")
    return client


@pytest.fixture
def ben(scene: Scene, anna: Client) -> Client:
    client = scene.client()
    client.sign_in("Ben")
    anna.heard()
    return client


def friend(client: Client, counter: int, user: str, act: str) -> list[events.AnyEvent]:
    return client.archive(requests.Friend, counter=counter, user=user, act=act)


def befriend(anna: Client, ben: Client) -> str:
    """Anna and Ben become friends; the id of their chat."""
    friend(anna, 1, "@Ben", "ask")
    ben.heard()
    told = only(friend(ben, 1, "@anna", "accept"), events.FriendshipChanged)
    anna.heard()
    return told.room


def rooms(client: Client) -> dict[str, RoomFacts]:
    listed = client.ask_for(events.RoomList, requests.Rooms).rooms
    return {facts.name: facts for facts in listed}


def test_both_are_told_of_a_question_and_its_answer(anna: Client, ben: Client) -> None:
    asked = only(friend(anna, 1, "@ben", "ask"), events.FriendshipChanged)
    assert (asked.name, asked.act, asked.other_name, asked.room) == ("Anna", "ask", "Ben", "")
    assert only(ben.heard(), events.FriendshipChanged) == asked
    (facts,) = ben.ask_for(events.FriendList, requests.Friends).friends
    assert (facts.name, facts.status, facts.is_online) == ("Anna", "asks", False)
    accepted = only(friend(ben, 1, asked.user, "accept"), events.FriendshipChanged)
    assert accepted.room
    assert only(anna.heard(), events.FriendshipChanged) == accepted
    (facts,) = anna.ask_for(events.FriendList, requests.Friends).friends
    assert (facts.name, facts.status, facts.is_online, facts.room) == ("Ben", "friend", True, accepted.room)


def test_a_question_waits_for_who_is_away(scene: Scene, anna: Client) -> None:
    ben = scene.client()
    ben.sign_in("Ben")
    cursor = scene.hub.delivery.position
    ben.close()
    friend(anna, 1, "@Ben", "ask")
    again = scene.client()
    again.device, again.secret = ben.device, ben.secret
    told = again.sign_in("Ben", cursor=requests.Cursor(epoch=cursor.epoch, index=cursor.index))
    assert only(told, events.FriendshipChanged).act == "ask"


def test_friends_write_where_nobody_else_reads(scene: Scene, anna: Client, ben: Client) -> None:
    chat = befriend(anna, ben)
    cleo = scene.client()
    cleo.sign_in("Cleo")
    anna.archive(requests.Send, counter=2, room=chat, text="psst", time_ms=1)
    assert [message.text for message in messages_in(ben.heard())] == ["psst"]
    assert messages_in(cleo.heard()) == []
    # The id of a chat follows from its two people: nobody shall find out by it who are friends.
    for kind, fields in (
        (requests.History, {}),
        (requests.Who, {}),
        (requests.Receipts, {}),
        (requests.Typing, {}),
        (requests.Search, {"text": "psst"}),
        (requests.Download, {"sha256": "0" * 64, "offset": 0}),
        (requests.JoinRoom, {"counter": 1}),
        (requests.LeaveRoom, {"counter": 11}),
        (requests.SetTopic, {"counter": 12, "topic": "x"}),
    ):
        assert codes(cleo.archive(kind, room=chat, **fields)) == ["unknown_room"], kind
    refused = cleo.archive(requests.Send, counter=2, room=chat, text="me too", time_ms=1)
    assert codes(refused) == ["unknown_room"]
    assert set(rooms(cleo)) == {"general"}
    assert ben.session.user is not None
    assert rooms(anna)["Ben"].user == ben.session.user.id
    assert rooms(ben)["Anna"].kind == "private"


def test_who_is_blocked_hears_of_an_end_only(anna: Client, ben: Client) -> None:
    chat = befriend(anna, ben)
    blocked = only(friend(ben, 2, "@Anna", "block"), events.FriendshipChanged)
    assert blocked.act == "block"
    assert only(anna.heard(), events.FriendshipChanged).act == "remove"
    assert codes(anna.archive(requests.Send, counter=5, room=chat, text="why?", time_ms=1)) == ["not_friends"]
    assert messages_in(ben.heard()) == []
    (facts,) = ben.ask_for(events.FriendList, requests.Friends).friends
    assert facts.status == "blocked"
    assert anna.ask_for(events.FriendList, requests.Friends).friends == []


def test_a_group_is_told_to_its_members(scene: Scene, anna: Client, ben: Client) -> None:
    cleo = scene.client()
    cleo.sign_in("Cleo")
    ben.heard()
    told = anna.archive(requests.CreateGroup, counter=1, name="Choir", users=["@Ben"])
    room = only(told, events.Stored).room
    created = only(ben.heard(), events.RoomCreated)
    assert (created.name, created.kind, created.members) == ("Choir", "group", 2)
    assert not [event for event in cleo.heard() if isinstance(event, events.RoomCreated)]
    anna.archive(requests.Send, counter=2, room=room, text="la", time_ms=1)
    assert [message.text for message in messages_in(ben.heard())] == ["la"]
    anna.archive(requests.AddMember, counter=3, room=room, user="@Cleo")
    joined = only(cleo.heard(), events.RoomJoined)
    assert (joined.name, joined.room_name, joined.kind, joined.members) == ("Cleo", "Choir", "group", 3)
    members = cleo.ask_for(events.MemberList, requests.Who, room=room).members
    assert {member.name: member.is_administrator for member in members} == {
        "Anna": True,
        "Ben": False,
        "Cleo": False,
    }


def test_who_is_put_out_hears_it_and_then_nothing(anna: Client, ben: Client) -> None:
    told = anna.archive(requests.CreateGroup, counter=1, name="Choir", users=["@Ben"])
    room = only(told, events.Stored).room
    ben.heard()
    anna.archive(requests.RemoveMember, counter=2, room=room, user="@Ben")
    # Told to the room that he is still in, and to himself: clients know it by its index.
    left = {event.index: event for event in ben.heard() if isinstance(event, events.RoomLeft)}
    assert [(event.name, event.is_removed) for event in left.values()] == [("Ben", True)]
    anna.archive(requests.Send, counter=3, room=room, text="la", time_ms=1)
    assert messages_in(ben.heard()) == []
    assert codes(ben.ask(requests.History, room=room)) == ["unknown_room"]


def test_names_topics_and_administrators_are_told(anna: Client, ben: Client) -> None:
    room = only(anna.archive(requests.CreateRoom, counter=1, name="garden"), events.Stored).room
    ben.archive(requests.JoinRoom, counter=1, room=room)
    anna.heard()
    changes: tuple[tuple[type[requests.AnyRequest], dict[str, Any]], ...] = (
        (requests.RenameRoom, {"name": "orchard"}),
        (requests.SetTopic, {"topic": "apples"}),
        (requests.Administer, {"user": "@Ben", "is_administrator": True}),
    )
    for counter, (kind, fields) in enumerate(changes, start=2):
        anna.archive(kind, counter=counter, room=room, **fields)
    told = [event for event in ben.heard() if isinstance(event, events.RoomChanged)]
    assert [event.what for event in told] == ["name", "topic", "administrator"]
    assert (told[-1].room_name, told[-1].topic, told[-1].member_name) == ("orchard", "apples", "Ben")
    assert rooms(ben)["orchard"].is_administrator


def test_people_are_found_by_how_their_name_begins(scene: Scene, anna: Client, ben: Client) -> None:
    bea = scene.client()
    bea.sign_in("béatrice")
    for start, limit, names, is_end in (("b", 9, ["Ben", "béatrice"], True), ("", 2, ["Anna", "Ben"], False)):
        found = anna.ask_for(events.PersonList, requests.People, name=start, limit=limit)
        assert ([person.name for person in found.people], found.is_end) == (names, is_end)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (requests.People, {}),
        (requests.Rooms, {}),
        (requests.Who, {"room": "general"}),
        (requests.Receipts, {"room": "general"}),
        (requests.History, {"room": "general", "limit": 1}),
        (requests.Devices, {}),
    ],
)
def test_long_lists_cost_as_much_as_searches(
    make_scene: Callable[..., Scene],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[requests.AnyRequest],
    fields: dict[str, Any],
) -> None:
    monkeypatch.setattr(limits, "ROWS_PER_SEARCH", 1)
    client = make_scene(send_rate_per_s=5.0).client()
    client.sign_in()
    for _ in range(limits.SEARCH_BURST):
        assert not client.session.is_held
        client.ask(kind, **fields)
        wait_until(lambda: not client.session._reads_in_flight)
    client.ask(kind, **fields)
    assert client.session.is_held
    wait_until(lambda: not client.session.is_held)


def test_who_is_not_there_cannot_be_named(anna: Client) -> None:
    for kind, fields in (
        (requests.Friend, {"user": "@nobody", "act": "ask"}),
        (requests.CreateGroup, {"name": "Choir", "users": ["nobody"]}),
        (requests.AddMember, {"room": "general", "user": "@"}),
    ):
        assert codes(anna.ask(kind, counter=9, **fields)) == ["unknown_person"], kind
