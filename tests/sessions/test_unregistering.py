"""Leaving the chat for good, as the person and the others are told."""

from server.protocol import events, requests
from tests.sessions.asking import ANSWERED
from tests.sessions.scene import Client, Scene, codes, messages_in, only
from tests.sessions.test_password_checks import PASSWORD, registered, second_device, sign_in
from tests.waiting import wait_until


def unregister(client: Client, password: str = PASSWORD, counter: int = 90) -> list[events.AnyEvent]:
    """Ask to leave and wait for the answer."""
    return client.ask_until(ANSWERED, requests.Unregister, counter=counter, password=password)


def befriend(client: Client, other: Client, name: str, other_name: str) -> str:
    """Two people become friends; the id of their private chat."""
    client.archive(requests.Friend, counter=1, user=f"@{other_name}", act="ask")
    other.heard()
    told = other.archive(requests.Friend, counter=1, user=f"@{name}", act="accept")
    return only(told, events.FriendshipChanged).room


def page_of(client: Client, room: str) -> events.HistoryPage:
    """A page of history, which a worker reads."""
    return only(client.ask_until(events.HistoryPage, requests.History, room=room), events.HistoryPage)


def test_r3_1_all_devices_of_whoever_leaves_end_in_words_behind_the_answer(scene: Scene) -> None:
    first = registered(scene)
    second = second_device(scene)
    standby = scene.client()
    standby.device, standby.secret = first.device, first.secret
    standby.sign_in("Anna", standby=True)
    assert codes(unregister(first, "not the password")) == ["wrong_password"]
    found = unregister(first)
    kinds = [type(event) for event in found]
    assert kinds.index(events.Stored) < kinds.index(events.Goodbye)
    assert only(found, events.Goodbye).code == "unregistered"
    for client in (second, standby):
        assert only(client.heard(), events.Goodbye).code == "unregistered"
        assert client.channel.end == "closed"
    again = scene.client()
    again.device, again.secret = first.device, first.secret
    assert codes(sign_in(again)) == ["unregistered"]


def test_nobody_comes_back_under_the_name(scene: Scene) -> None:
    unregister(registered(scene))
    assert codes(sign_in(scene.client(), password=PASSWORD)) == ["wrong_password"]
    assert codes(sign_in(scene.client(), "anna", password=PASSWORD, register=True)) == ["name_taken"]
    assert codes(sign_in(scene.client())) == ["name_taken"]


def test_the_others_hear_it_and_see_it_beside_what_was_written(scene: Scene) -> None:
    anna, ben = registered(scene), registered(scene, "Ben")
    room = befriend(anna, ben, "Anna", "Ben")
    for counter, place in ((2, "general"), (3, room)):
        told = anna.archive(requests.Send, counter=counter, room=place, text="hello", time_ms=1)
        only(told, events.Stored)
    assert [message.has_left for message in messages_in(ben.heard())] == [False, False]
    assert anna.session.user is not None
    left = anna.session.user.id
    unregister(anna)
    told = ben.heard()
    heard = only(told, events.PersonLeft)
    assert (heard.user, heard.name) == (left, "Anna")
    for place in ("general", room):
        page = page_of(ben, place)
        assert [(message.name, message.has_left) for message in page.messages] == [("Anna", True)]
    rooms = ben.ask_for(events.RoomList, requests.Rooms).rooms
    assert [(facts.name, facts.has_left, facts.members) for facts in rooms] == [
        ("general", False, 1),
        ("Anna", True, 2),
    ]
    assert ben.ask_for(events.FriendList, requests.Friends).friends == []
    assert [one.name for one in ben.ask_for(events.PersonList, requests.People).people] == ["Ben"]
    assert [one.name for one in ben.ask_for(events.MemberList, requests.Who, room="general").members] == [
        "Ben"
    ]
    refused = ben.archive(requests.Send, counter=4, room=room, text="are you there?", time_ms=1)
    assert codes(refused) == ["has_left"]


def test_who_comes_back_later_hears_that_somebody_left_meanwhile(scene: Scene) -> None:
    anna, ben = registered(scene), registered(scene, "Ben")
    cursor = [event for event in ben.heard() if isinstance(event, events.PositionMoved)]
    seen = cursor[-1].cursor if cursor else None
    ben.close()
    unregister(anna)
    again = scene.client()
    again.device, again.secret = ben.device, ben.secret
    found = again.sign_in("Ben", cursor=seen or requests.Cursor("0.0.0", 0))
    assert only(found, events.PersonLeft).name == "Anna"


def test_what_was_asked_twice_is_the_same_record_to_the_last_byte(scene: Scene) -> None:
    anna = registered(scene)
    drafts = []
    for _ in range(2):
        anna.ask(requests.Unregister, counter=90, password=PASSWORD)
        wait_until(lambda: scene.asked)
        drafts.append(scene.asked.pop().draft)
        anna.close()
        again = scene.client()
        again.device, again.secret = anna.device, anna.secret
        again.sign_in()
        anna = again
    assert drafts[0].body == drafts[1].body
    assert PASSWORD.encode() not in drafts[0].body


def test_guesses_are_slowed_down_and_one_act_is_looked_at_at_a_time(scene: Scene) -> None:
    anna = registered(scene)
    anna.ask(requests.Unregister, counter=90, password="a guess")
    told = anna.ask(requests.ChangePassword, counter=91, old=PASSWORD, new=PASSWORD)
    assert codes(told) == ["too_many_requests"]
    wait_until(lambda: codes(anna.heard()) == ["wrong_password"])


def test_an_open_name_is_left_by_its_first_device_alone(scene: Scene) -> None:
    first, second = scene.client(), scene.client()
    first.sign_in()
    second.sign_in()
    assert codes(unregister(second, "")) == ["forbidden"]
    assert codes(unregister(first, "")) == []
