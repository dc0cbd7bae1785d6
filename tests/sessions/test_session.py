"""A session from its greeting to its goodbye: signing in, asking, limits of time, throttle."""

from collections.abc import Callable

import msgspec
import pytest

from server.engine.round import PairState
from server.protocol import events, limits, requests
from server.protocol.frames import encode_frame
from server.sessions.admission import Policy
from server.sessions.facts import PeerFacts, PeerOnline
from server.sessions.stages import Stage
from tests.sessions.scene import Client, Scene, codes, messages_in, only
from tests.waiting import wait_until

PEER = PeerFacts("b", "b:1", "follower", 0)


def send(client: Client, counter: int, text: str = "hello", room: str = "general") -> list[events.AnyEvent]:
    return client.ask(requests.Send, counter=counter, room=room, text=text, time_ms=1)


def history(client: Client, **fields: object) -> events.HistoryPage:
    client.send(encode_frame(client.request(requests.History, room="general", **fields)))
    found: list[events.AnyEvent] = []

    def page() -> list[events.HistoryPage]:
        found.extend(client.heard())
        return [event for event in found if isinstance(event, events.HistoryPage)]

    return wait_until(page)[0]


# --- greeting and signing in


def test_the_welcome_says_who_this_is(scene: Scene) -> None:
    client = scene.client()
    welcome = client.ask_for(events.Welcome, requests.Hello, versions=[1, 99], features=["standby", "x"])
    assert (welcome.version, welcome.features, welcome.sign_in) == (1, ["standby"], ["open"])
    assert (welcome.server, welcome.cluster, welcome.chat) == ("a", "c", "Lab")
    assert welcome.nonce != scene.client().greet().nonce


def test_without_a_common_version_the_connection_ends(scene: Scene) -> None:
    client = scene.client()
    failed = client.ask_for(events.Failed, requests.Hello, versions=[99])
    assert (failed.code, failed.arguments) == ("unsupported_version", {"versions": "1"})
    assert client.channel.end == "closed"


def test_a_new_name_is_archived_before_it_is_signed_in(scene: Scene) -> None:
    client = scene.client()
    client.greet()
    fields = {"name": " Anna  Bell ", "device": client.device, "secret": client.secret}
    assert client.ask(requests.SignIn, **fields) == []
    known_before = client.channel.is_established
    scene.commit()
    assert not known_before
    found = client.heard()
    signed_in = only(found, events.SignedIn)
    assert (signed_in.name, signed_in.standby, signed_in.authority) == ("Anna Bell", False, "PEM")
    assert [room.name for room in signed_in.rooms] == ["general"]
    assert client.channel.is_established
    assert [server.name for server in only(found, events.ServersChanged).servers] == ["a"]


def test_a_known_device_needs_its_secret_and_its_name(scene: Scene) -> None:
    first = scene.client()
    user = only(first.sign_in("Anna"), events.SignedIn).user
    for secret, name, code in (("0" * 64, "Anna", "wrong_secret"), (first.secret, "Ben", "wrong_person")):
        other = scene.client()
        other.greet()
        failed = other.ask_for(events.Failed, requests.SignIn, name=name, device=first.device, secret=secret)
        assert failed.code == code
        assert other.session.stage is Stage.GREETED
    again = scene.client()
    again.device, again.secret = first.device, first.secret
    assert only(again.sign_in("anna"), events.SignedIn).user == user


def test_a_name_on_a_second_device_is_the_same_person(scene: Scene) -> None:
    users = {only(scene.client().sign_in("Anna"), events.SignedIn).user for _ in range(2)}
    assert len(users) == 1


@pytest.mark.parametrize("name", ["\u202eAnna", "a\nb\x00", "---", "x" * 33])
def test_a_name_that_is_none_is_refused(scene: Scene, name: str) -> None:
    client = scene.client()
    assert codes(client.sign_in(name)) == ["bad_name"]
    assert scene.state.users == {}


def test_two_sign_ins_at_once_are_one(scene: Scene) -> None:
    client = scene.client()
    client.greet()
    fields = {"name": "Anna", "device": client.device, "secret": client.secret}
    client.ask(requests.SignIn, **fields)
    client.ask(requests.SignIn, **fields)
    asked, scene.asked = scene.asked[:1], []
    scene.asked = asked
    scene.commit()
    assert only(client.heard(), events.SignedIn).name == "Anna"


def test_a_standby_hears_of_the_servers_and_nothing_else_until_it_is_active(scene: Scene) -> None:
    writer, waiting = scene.client(), scene.client()
    writer.sign_in("Anna")
    assert only(waiting.sign_in("Ben", standby=True), events.SignedIn).standby
    cursor = scene.hub.place_cursor(None)[0]
    send(writer, 1)
    scene.commit()
    assert messages_in(waiting.heard()) == []
    scene.do(lambda: scene.hub.hear_peer(PEER))
    assert only(waiting.heard(), events.ServersChanged).servers[1].role == "follower"
    found = waiting.ask(requests.Activate, cursor=cursor)
    assert not only(found, events.SignedIn).standby
    assert [message.text for message in messages_in(found)] == ["hello"]


@pytest.mark.parametrize("role", ["leader", "follower"])
def test_a_cursor_from_the_future_is_told_where_the_archive_ends(scene: Scene, role: str) -> None:
    scene.client().sign_in("Anna")
    here = scene.hub.place_cursor(None)[0]
    scene.hub.pair = PairState(role, "dual", here.epoch, "", 0)
    liar, honest = scene.client(), scene.client()
    liar.sign_in("Ben", cursor=msgspec.structs.replace(here, index=limits.INTEGER_MAX))
    # It stands in the log, and is not committed yet.
    scene.uncommitted = 3
    ahead = msgspec.structs.replace(here, index=scene.state.index + 3)
    honest.sign_in("Cleo", cursor=ahead)
    scene.pass_time(1.0)
    assert not any(isinstance(event, events.Diverged) for event in liar.heard() + honest.heard())
    scene.pass_time(1.5)
    assert only(liar.heard(), events.Diverged).index == scene.state.index
    assert not any(isinstance(event, events.Diverged) for event in honest.heard())
    assert len(scene.hub.delivery._cursors_ahead) == 1


def test_while_more_may_come_a_cursor_from_the_future_waits(scene: Scene) -> None:
    scene.client().sign_in("Anna")
    here = scene.hub.place_cursor(None)[0]
    scene.hub.pair = PairState("follower", "dual", here.epoch, "", 0, is_behind=True)
    client = scene.client()
    client.sign_in("Ben", cursor=msgspec.structs.replace(here, index=scene.state.index + 50))
    scene.pass_time(5.0)
    assert not any(isinstance(event, events.Diverged) for event in client.heard())


def test_a_person_is_signed_in_so_often_at_one_server(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_PER_PERSON_MAX", 2)
    first, standby, third = scene.client(), scene.client(), scene.client()
    first.sign_in("Anna")
    standby.device, standby.secret = first.device, first.secret
    only(standby.sign_in("Anna", standby=True), events.SignedIn)
    failed = only(third.sign_in("anna"), events.Failed)
    assert (failed.code, failed.arguments["limit"]) == ("too_many_connections", 2)
    only(scene.client().sign_in("Ben"), events.SignedIn)
    first.close()
    found = third.ask(requests.SignIn, name="Anna", device=third.device, secret=third.secret)
    only(found, events.SignedIn)
    third.close()
    standby.close()
    assert not scene.hub.presence._connections[third.session.user.id if third.session.user else ""]


# --- admission


def test_a_full_server_sends_people_to_the_other_one_and_refuses_when_both_are_full(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(users_max=1, policy=Policy.FILL)
    scene.do(lambda: scene.hub.hear_peer(PEER))
    scene.client().sign_in("Anna")
    second = scene.client()
    assert only(second.sign_in("Ben"), events.GoTo).address == "b:1"
    scene.do(lambda: scene.hub.hear_peer(PeerFacts("b", "b:1", "follower", 1)))
    third = scene.client()
    failed = only(third.sign_in("Cleo"), events.Failed)
    assert failed.code == "server_full"
    assert failed.arguments["retry_s"]
    assert third.channel.end == ""
    scene.do(lambda: scene.hub.hear_peer(None))
    again = scene.client()
    assert only(again.sign_in("Cleo"), events.SignedIn).name == "Cleo"


def test_standbys_take_no_place(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(users_max=1)
    scene.do(lambda: scene.hub.hear_peer(PEER))
    for name in ("Anna", "Ben", "Cleo"):
        assert only(scene.client().sign_in(name, standby=True), events.SignedIn).standby
    assert only(scene.client().sign_in("Dora"), events.SignedIn).name == "Dora"


# --- asking


def test_a_message_is_stored_and_delivered_to_all_its_sender_included(scene: Scene) -> None:
    anna, ben = scene.client(), scene.client()
    anna.sign_in("Anna")
    ben.sign_in("Ben")
    anna.heard()
    ben.heard()
    send(anna, 7, "hi")
    scene.commit()
    found = anna.heard()
    stored, (message,) = only(found, events.Stored), messages_in(found)
    assert (stored.counter, stored.copies, stored.index) == (7, 1, message.index)
    assert (message.counter, message.device, message.text, message.number) == (7, anna.device, "hi", 1)
    assert messages_in(ben.heard()) == [message]


def test_a_clock_that_runs_ahead_dates_no_message_into_the_future(scene: Scene) -> None:
    client = scene.client()
    client.sign_in()
    client.ask(requests.Send, counter=1, room="general", text="x", time_ms=2**53)
    scene.commit()
    assert [message.time_ms for message in messages_in(client.heard())] == [scene.clock.wall_ms()]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"room": "none"}, "unknown_room"),
        ({"text": " \n "}, "empty_message"),
        ({"text": "x" * (limits.MESSAGE_CHARACTERS_MAX + 1)}, "message_too_long"),
    ],
)
def test_what_the_archive_refuses_is_told_to_the_asker(
    scene: Scene, fields: dict[str, str], code: str
) -> None:
    client = scene.client()
    client.sign_in()
    client.ask(requests.Send, **{"counter": 1, "room": "general", "text": "x", "time_ms": 1, **fields})
    scene.commit()
    assert codes(client.heard()) == [code]


def test_a_room_is_made_joined_and_listed(scene: Scene) -> None:
    anna, ben = scene.client(), scene.client()
    anna.sign_in("Anna")
    ben.sign_in("Ben")
    anna.ask(requests.CreateRoom, counter=1, name="garden")
    scene.commit()
    room = only(anna.heard(), events.Stored).room
    assert only(ben.heard(), events.RoomCreated).room == room
    listed = {found.name: found for found in ben.ask_for(events.RoomList, requests.Rooms).rooms}
    assert (listed["garden"].members, listed["garden"].is_member) == (1, False)
    assert codes(ben.ask(requests.History, room=room)) == ["not_a_member"]
    ben.ask(requests.JoinRoom, counter=1, room=room)
    scene.commit()
    members = ben.ask_for(events.MemberList, requests.Who, room=room).members
    assert [(member.name, member.is_online) for member in members] == [("Anna", True), ("Ben", True)]
    assert codes(ben.ask(requests.Who, room="none")) == ["unknown_room"]
    assert codes(ben.ask(requests.History, room="none")) == ["unknown_room"]


def test_history_is_paged_to_both_sides_and_ends_at_both_ends(scene: Scene) -> None:
    client = scene.client()
    client.sign_in()
    for n in range(1, 6):
        send(client, n, str(n))
        scene.commit()
    client.heard()
    last = history(client, limit=2)
    assert ([message.text for message in last.messages], last.is_end) == (["4", "5"], False)
    before = history(client, before=last.messages[0].index, limit=50)
    assert ([message.text for message in before.messages], before.is_end) == (["1", "2", "3"], True)
    after = history(client, after=before.messages[-1].index, limit=1)
    assert ([message.text for message in after.messages], after.is_end) == (["4"], False)
    for nothing in ({"before": 0}, {"before": 1}, {"after": limits.INTEGER_MAX}):
        page = history(client, **nothing)
        assert (page.messages, page.is_end) == ([], True)


def test_a_page_of_long_messages_has_fewer_of_them(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.sessions.history.PAGE_CHARACTERS_MAX", 2)
    client = scene.client()
    client.sign_in()
    for n in range(1, 6):
        send(client, n, str(n))
        scene.commit()
    client.heard()
    last = history(client, limit=9)
    assert ([message.text for message in last.messages], last.is_end) == (["4", "5"], False)
    before = history(client, limit=9, before=last.messages[0].index)
    assert ([message.text for message in before.messages], before.is_end) == (["2", "3"], False)
    first = history(client, limit=9, before=before.messages[0].index)
    assert ([message.text for message in first.messages], first.is_end) == (["1"], True)
    after = history(client, limit=9, after=first.messages[0].index)
    assert ([message.text for message in after.messages], after.is_end) == (["2", "3"], False)
    monkeypatch.setattr("server.sessions.history.PAGE_CHARACTERS_MAX", 0)
    assert [message.text for message in history(client, limit=9).messages] == ["5"]


def test_too_many_requests_in_flight_are_refused_and_the_rest_is_served(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS_IN_FLIGHT_MAX", 3)
    client = scene.client()
    client.sign_in()
    found = [code for n in range(1, 6) for code in codes(send(client, n))]
    assert found == ["too_many_requests"] * 2
    scene.commit()
    assert [event.counter for event in client.heard() if isinstance(event, events.Stored)] == [1, 2, 3]
    assert codes(send(client, 4)) == []


def test_who_left_gets_no_answer_and_what_was_asked_is_archived(scene: Scene) -> None:
    client = scene.client()
    client.sign_in()
    send(client, 1)
    client.close()
    before = list(client.channel.written)
    scene.commit()
    assert client.channel.written == before
    assert scene.state.number == 1


# --- presence


def test_everybody_is_told_how_many_are_online_at_both_servers(scene: Scene) -> None:
    anna, ben = scene.client(), scene.client()
    anna.sign_in("Anna")
    user = only(ben.sign_in("Ben"), events.SignedIn).user
    wait_until(lambda: any(told == events.PresenceChanged(members=2, online=2) for told in anna.heard()))
    ben.close()
    wait_until(lambda: any(told == events.PresenceChanged(members=2, online=1) for told in anna.heard()))
    scene.do(lambda: scene.hub.hear_peer(PEER))
    scene.do(lambda: scene.hub.hear_peer(PeerOnline((user,))))
    wait_until(lambda: any(told == events.PresenceChanged(members=2, online=2) for told in anna.heard()))


# --- goodbye


def test_a_polite_end_is_answered(scene: Scene) -> None:
    client = scene.client()
    client.sign_in()
    assert client.ask_for(events.Goodbye, requests.SignOut).code == "signed_out"
    assert client.channel.end == "closed"


def test_a_server_that_stops_says_where_to_go_on(scene: Scene) -> None:
    client = scene.client()
    client.sign_in()
    scene.do(lambda: scene.hub.hear_peer(PEER))
    scene.do(scene.hub.goodbyes.stopping)
    goodbye = only(client.heard(), events.Goodbye)
    assert (goodbye.code, goodbye.address) == ("shutting_down", "b:1")
    assert client.channel.end == "closed"


def test_nothing_is_served_behind_a_fatal_mistake(scene: Scene) -> None:
    client = scene.client()
    client.greet()
    client.send(b"x" * 5000 + b"\n" + encode_frame(client.request(requests.Ping)))
    assert codes(client.heard()) == ["frame_too_long"]
    assert client.channel.end == "closed"
