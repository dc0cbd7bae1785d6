"""Announcements: servers at once, counts at a pace and in parts, nothing for who does not read."""

from functools import partial

import pytest

from server.protocol import events
from server.sessions import announcements
from server.sessions.facts import PeerFacts
from tests.sessions.scene import Client, Scene, only
from tests.waiting import wait_until


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are due in an hour, unless a test has them told."""
    monkeypatch.setattr(announcements, "_EVERY_S", 3600.0)


def people(scene: Scene, count: int) -> list[Client]:
    found = [scene.client() for _ in range(count)]
    for number, client in enumerate(found):
        client.sign_in(f"person {number}")
    return found


def tell_counts(scene: Scene) -> None:
    scene.do(scene.hub.announcements._tell_counts)


def hear_of_peer(scene: Scene, role: str, users: int) -> None:
    scene.do(lambda: scene.hub.hear_peer(PeerFacts("b", "b:1", role, users)))


def servers(found: list[events.AnyEvent]) -> list[events.ServersChanged]:
    return [event for event in found if isinstance(event, events.ServersChanged)]


def online(found: list[events.AnyEvent]) -> list[int]:
    return [event.online for event in found if isinstance(event, events.PresenceChanged)]


@pytest.mark.usefixtures("slow")
def test_that_the_other_server_has_more_people_is_no_news_of_the_moment(scene: Scene) -> None:
    (anna,) = people(scene, 1)
    hear_of_peer(scene, "follower", 0)
    tell_counts(scene)
    anna.heard()
    for users in range(1, 100):
        hear_of_peer(scene, "follower", users)
    assert servers(anna.heard()) == []
    tell_counts(scene)
    assert only(anna.heard(), events.ServersChanged).servers[1].users == 99


@pytest.mark.usefixtures("slow")
def test_that_the_other_server_leads_is(scene: Scene) -> None:
    (anna,) = people(scene, 1)
    hear_of_peer(scene, "follower", 0)
    anna.heard()
    hear_of_peer(scene, "leader", 0)
    assert only(anna.heard(), events.ServersChanged).servers[1].role == "leader"


@pytest.mark.usefixtures("slow")
def test_the_counts_are_told_in_one_write(scene: Scene) -> None:
    anna, ben = people(scene, 2)
    tell_counts(scene)
    anna.heard()
    ben.close()
    tell_counts(scene)
    assert len(anna.channel.written) == 1
    found = anna.heard()
    assert (online(found), servers(found)[0].servers[0].users) == ([1], 1)


def test_a_crowd_hears_in_parts_and_everybody_hears_the_last_word(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "_SESSIONS_A_TURN", 1)
    crowd = people(scene, 12)
    heard: dict[Client, list[events.AnyEvent]] = {client: [] for client in crowd}
    for users, role in enumerate(["follower", "leader"] * 5):
        hear_of_peer(scene, role, users)

    def is_told(client: Client) -> bool:
        heard[client] += client.heard()
        last = servers(heard[client])[-1].servers[1]
        return online(heard[client])[-1:] == [12] and (last.role, last.users) == ("leader", 9)

    for client in crowd:
        wait_until(partial(is_told, client), what="everybody hears the last word")


@pytest.mark.usefixtures("slow")
def test_who_takes_nothing_is_told_nothing_until_it_reads_again(scene: Scene) -> None:
    anna, ben, late = people(scene, 3)
    standby = scene.client()
    standby.sign_in("Dora", standby=True)
    for client in (ben, standby):
        client.heard()
        client.channel.is_paused = True
    hear_of_peer(scene, "follower", 0)
    late.close()
    tell_counts(scene)
    scene.do(lambda: scene.hub.announcements.copies_raised(1))
    assert ben.channel.written == standby.channel.written == []
    assert servers(anna.heard())
    for client in (ben, standby):
        client.channel.is_paused = False
        scene.do(client.session.resumed)
    found = ben.heard()
    assert only(found, events.ServersChanged).servers[1].role == "follower"
    assert (online(found), only(found, events.CopiesRaised).index) == ([2], scene.copies_index)
    assert [type(event) for event in standby.heard()] == [events.ServersChanged]
    scene.do(ben.session.resumed)
    assert ben.heard() == []


def test_who_left_is_owed_nothing(scene: Scene) -> None:
    (anna,) = people(scene, 1)
    anna.channel.is_paused = True
    hear_of_peer(scene, "follower", 0)
    anna.close()
    assert not scene.hub.announcements._owed
