"""R3.2, R3.3, R3.6 and R4.12 with real servers and the terminal client: friends, groups, deleted rooms."""

import contextlib
import random
from pathlib import Path

import pytest

from server.state.state import RoomKind, State
from tests.end_to_end.deaths import CLIENT_S, dying_leader
from tests.end_to_end.real_pair import RealPair
from tests.end_to_end.test_r3_accounts import Computers, state_of, stop_level


class Town:
    """People with a computer each, and servers of which the leading one may die."""

    def __init__(self, path: Path, pair: RealPair, rng: random.Random, *, kills: bool) -> None:
        self.pair = pair
        self._computers = Computers(path, pair)
        self._rng = rng
        self._kills = kills

    def say(self, name: str, *lines: str, options: tuple[str, ...] = ()) -> str:
        """What somebody types; all of it is done. Gives what was printed."""
        code, told = self._computers.say(name, "\n".join(lines), *options, name=name)
        assert code == 0, told
        return told

    def is_refused(self, name: str, *lines: str) -> str:
        """What somebody types is not done. Gives what was printed."""
        code, told = self._computers.say(name, "\n".join(lines), name=name)
        assert code == 1, told
        return told

    def trouble(self) -> "contextlib.AbstractContextManager[object]":
        """Within it the leading server dies at some moment; behind it both are there again."""
        return dying_leader(self.pair, self._rng, CLIENT_S) if self._kills else contextlib.nullcontext()

    def states(self) -> list[State]:
        """What both archives mean in the end."""
        stop_level(self.pair)
        return [state_of(self.pair, place) for place in (0, 1)]

    def texts(self) -> list[str]:
        """Every text in the archive of the first server, once they are stopped."""
        bodies = (record.body for record in self.pair.archive(0) if record.header.kind == "message")
        return [body.decode(errors="replace") for body in bodies]


@pytest.fixture(params=[False, True], ids=["calm", "kill -9"])
def town(request: pytest.FixtureRequest, tmp_path: Path, pair: RealPair, rng: random.Random) -> Town:
    """Anna, bob and cara have been here before."""
    town = Town(tmp_path, pair, rng, kills=request.param)
    for name in ("anna", "bob", "cara"):
        town.say(name, f"{name} was here")
    return town


def is_friend(told: str, name: str) -> bool:
    """Whether a list of friends says so."""
    return any(line.split() in (["*", "○", name], ["*", "●", name]) for line in told.splitlines())


def test_r3_2_a_friend_is_asked_while_away_and_both_have_each_other(town: Town) -> None:
    with town.trouble():
        assert "You asked bob to be your friend." in town.say("anna", "/friend bob", "/friends")
    told = town.say("bob", "/friends")
    assert "anna  wants to be your friend: /accept anna" in told
    with town.trouble():
        told = town.say("bob", "/accept anna", "/msg anna only for you", "/friends")
    assert "You and anna are friends now" in told
    assert is_friend(told, "anna")
    told = town.say("anna", "/friends", "/room bob", "and for you")
    assert is_friend(told, "bob")
    assert "bob: only for you" in told
    assert "only for you" not in town.say("cara", "/rooms")
    states = town.states()
    assert states[0].friendships == states[1].friendships
    (friendship,) = states[0].friendships.values()
    assert friendship.is_accepted
    assert sum("for you" in text for text in town.texts()) == 2


def test_r3_2_a_question_may_be_declined_and_a_person_blocked(town: Town) -> None:
    town.say("anna", "/friend bob")
    with town.trouble():
        town.say("bob", "/decline anna", "/block anna")
    assert "That person does not want this." in town.is_refused("anna", "/friend bob")
    assert "anna  is blocked" in town.say("bob", "/friends")
    town.say("bob", "/unblock anna")
    town.say("anna", "/friend bob")
    assert len(town.states()[0].friendships) == 1


def test_r3_3_to_others_than_friends_nothing_is_written(town: Town) -> None:
    assert "You are not friends" in town.is_refused("anna", "/msg bob psst one")
    town.say("anna", "/friend bob")
    assert "You are not friends" in town.is_refused("anna", "/msg bob psst two")
    assert "There is nobody called" in town.is_refused("anna", "/friend nobody")
    town.say("bob", "/accept anna")
    with town.trouble():
        town.say("bob", "/msg anna psst three")
    with town.trouble():
        town.say("bob", "/unfriend anna")
    # The private chat is still there to be read, and takes nothing more.
    with town.trouble():
        told = town.is_refused("anna", "/msg bob psst four", "/room bob", "psst five")
    assert told.count("not stored: You are not friends") == 2
    assert "bob: psst three" in told
    assert "There is no such" not in town.is_refused("cara", "/room bob", "psst six")
    town.states()
    (written,) = [text for text in town.texts() if "psst" in text]
    assert "psst three" in written


def test_r3_6_a_group_is_made_grows_is_handed_over_and_closed_by_the_last_one(town: Town) -> None:
    with town.trouble():
        town.say("anna", '/group "our garden" bob', "hello bob")
    told = town.say("bob", "/room our garden", "hello anna")
    assert "anna: hello bob" in told
    refused = town.is_refused("bob", "/room our garden", "/add cara")
    assert "Only those who administer this conversation can do that." in refused
    assert "no conversation called our garden" in town.is_refused("cara", "/room our garden", "psst")
    with town.trouble():
        town.say("anna", "/room our garden", "/add cara", "/admin bob", "/unadmin anna", "/members", "/leave")
    told = town.say("bob", "/room our garden", "/members", "/remove cara", "/rename bed of roses")
    assert "bob  (administers it)" in told
    assert "anna" not in [line.split()[2] for line in told.splitlines() if line.startswith(("* ○", "* ●"))]
    assert "our garden" not in town.say("cara", "/rooms")
    with town.trouble():
        town.say("bob", "/leave bed of roses")
    assert "roses" not in town.say("bob", "/rooms")
    for state in town.states():
        assert not [room for room in state.rooms.values() if room.kind is RoomKind.GROUP and room.members]
    assert not [text for text in town.texts() if "psst" in text]


def test_a_pipe_begins_in_the_room_that_it_names_and_what_has_no_place_is_not_said_elsewhere(
    town: Town,
) -> None:
    town.say("anna", "/create garden", "in the garden", "/topic roses and beans")
    with town.trouble():
        told = town.say("bob", "hello garden", options=("--room", "garden"))
    assert "anna: in the garden" in told
    told = town.is_refused("cara", "/room cellar", "psst")
    assert "no conversation called cellar" in told
    assert "nothing was sent" in told
    told = town.say("cara", "/join garden", "cara too", "/rooms")
    assert "roses and beans" in told
    town.states()
    assert not [text for text in town.texts() if "psst" in text]


def test_r4_12_a_deleted_room_is_read_by_nobody_its_name_is_free_and_its_history_stays(town: Town) -> None:
    with town.trouble():
        town.say("anna", "/create garden", "roses for the archive")
    told = town.say("bob", "/join garden", "and beans")
    assert "anna: roses for the archive" in told
    assert "Only those who administer" in town.is_refused("bob", "/delete-room garden")
    with town.trouble():
        told = town.say("anna", "/delete-room garden", "/rooms", "in the general room again")
    assert "You deleted #garden." in told
    told = town.say("bob", "/rooms", "/search -a roses")
    assert "garden" not in told.partition("anna deleted #garden")[2]
    assert "roses" not in told
    assert "no conversation called garden" in town.is_refused("bob", "/room garden", "psst")
    with town.trouble():
        town.say("cara", "/create garden", "tulips")
    told = town.say("bob", "/join garden")
    assert "cara: tulips" in told
    assert "roses" not in told
    states = town.states()
    assert (states[0].rooms, states[0].users) == (states[1].rooms, states[1].users)
    first, second = (room for room in states[0].rooms.values() if room.name == "garden")
    assert (first.is_deleted, first.members) == (True, ())
    assert states[0].room_by_name["garden"] == second.id
    assert [states[0].users[user].name for user in second.members] == ["cara", "bob"]
    texts = town.texts()
    for kept in ("roses for the archive", "and beans", "tulips"):
        assert sum(kept in text for text in texts) == 1
    assert not [text for text in texts if "psst" in text]


def test_r4_12_a_deleted_group_is_gone_for_all_and_strangers_never_hear_of_it(
    town: Town,
) -> None:
    with town.trouble():
        town.say("anna", '/group "our choir" bob', "la la la")
    with town.trouble():
        town.say("anna", "/delete-room our choir")
    told = town.say("bob", "/rooms")
    assert "anna deleted #our choir" in told
    assert "la la la" not in told
    assert "choir" not in town.say("cara", "/rooms")
    for name in ("anna", "bob"):
        assert "no conversation called our choir" in town.is_refused(name, "/room our choir", "psst")
    for state in town.states():
        (group,) = (room for room in state.rooms.values() if room.name == "our choir")
        assert (group.is_deleted, group.members) == (True, ())
    assert [text for text in town.texts() if "la la la" in text]
