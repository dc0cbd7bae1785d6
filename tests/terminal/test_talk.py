"""The loop of the terminal client, with real links to scripted servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.accounts.certificates import fingerprint_of
from server.client.notices import Arrived, ServersChanged
from server.client.settings import ConversationSettings
from server.names.fingerprints import fingerprint_text
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.protocol import requests
from server.protocol.facts import ServerFacts
from server.terminal.past import HELD_MAX
from server.terminal.typing_in import Left
from tests.network.ends import Identity, make_identity
from tests.terminal.paper import message
from tests.terminal.terminals import Room
from tests.waiting import wait_until


@pytest.fixture
def identity() -> Identity:
    """A cluster's certificates."""
    return make_identity()


@pytest.fixture
def tls_room(thread: LoopThread, tmp_path: Path, identity: Identity) -> Iterator[Room]:
    """Servers with certificates."""
    room = Room(thread, tmp_path, identity)
    yield room
    room.close()


def test_lines_are_stored_in_order_and_printed_and_the_end_is_a_good_one(room: Room) -> None:
    terminal = room.terminal()
    terminal.type(*[f"line {number}" for number in range(1, 101)], "")
    assert terminal.end() == 0
    assert room.texts() == [f"line {number}" for number in range(1, 101)]
    assert [line.partition(": ")[2] for line in terminal.paper.lines] == room.texts()
    assert terminal.outbox.drafts() == []


def test_without_a_server_the_lines_are_kept_and_the_next_run_sends_them_once(room: Room) -> None:
    room.doors.kill("a")
    room.doors.kill("b")
    terminal = room.terminal(wait_s=0.0)
    terminal.type("one", "two")
    assert terminal.end() == 1
    assert "2 lines are not stored yet" in terminal.paper.text()
    room.doors.restart("b")
    again = room.terminal()
    again.type("three")
    assert again.end() == 0
    assert room.texts() == ["one", "two", "three"]


def test_r0_6_a_dead_server_is_not_noticed_in_the_messages(room: Room) -> None:
    terminal = room.terminal()
    terminal.type("one")
    terminal.wait_for("anna: one")
    room.doors.kill("a")
    terminal.type("two")
    terminal.wait_for("anna: two")
    assert terminal.end() == 0
    assert [line.partition(": ")[2] for line in terminal.paper.lines] == ["one", "two"]


def test_when_nobody_is_there_the_person_is_told_once_and_told_when_it_is_over(room: Room) -> None:
    terminal = room.terminal()
    terminal.wait_for("connected to server a")
    room.doors.kill("b")
    room.doors.kill("a")
    terminal.wait_for("No server has us")
    terminal.type("one", "/status")
    terminal.wait_for("outbox: 1 line waits")
    assert terminal.paper.text().count("No server has us") == 1
    room.doors.restart("b")
    terminal.wait_for("connected to server b")
    assert terminal.end() == 0


def test_the_window_of_the_past_comes_before_what_is_new(room: Room) -> None:
    for counter in range(1, 4):
        room.doors.post(counter, f"old {counter}")
    terminal = room.terminal()
    terminal.wait_for("old 2")
    room.doors.post(4, "new")
    terminal.wait_for("new")
    assert terminal.end() == 0
    texts = [line.partition(": ")[2] for line in terminal.paper.lines]
    assert texts.index("old 1") < texts.index("old 2") < texts.index("new")


def test_a_past_that_never_comes_does_not_hold_what_is_new_for_ever(room: Room) -> None:
    for server in room.doors.pair.servers.values():
        server.mute = {requests.History}
    terminal = room.terminal()
    terminal.wait_for("connected")
    new = [message(counter, f"line {counter}") for counter in range(1, HELD_MAX + 2)]
    terminal.talk.put([Arrived(messages=new[:-1])])
    terminal.type("/help")
    terminal.wait_for("/quit")
    assert terminal.paper.lines == []
    terminal.talk.put([Arrived(messages=new[-1:])])
    wait_until(lambda: len(terminal.paper.lines) == HELD_MAX + 1)


def test_the_full_archive_comes_whole_and_without_a_word_the_client_ends(room: Room) -> None:
    for counter in range(1, 301):
        room.doors.post(counter, f"old {counter}")
    terminal = room.terminal(is_full_archive=True)
    assert terminal.end() == 0
    texts = [line.partition(": ")[2] for line in terminal.paper.lines]
    assert texts == [f"old {counter}" for counter in range(1, 301)]


def test_a_command_without_an_answer_is_named_and_is_not_tried_again(room: Room) -> None:
    terminal = room.terminal(settings=ConversationSettings(answer_s_max=0.2), is_interactive=True)
    terminal.wait_for("connected to server a")
    room.doors.kill("a")
    room.doors.kill("b")
    terminal.type("/search zebra", "/who", f"/search {'far ' * 50}")
    terminal.wait_for("type it again: /search zebra")
    terminal.wait_for("type it again: /who")
    terminal.wait_for("far far…")
    assert "tried again" not in terminal.paper.text()
    terminal.type("/quit")


def test_without_a_server_it_is_said_which_commands_were_not_done(room: Room) -> None:
    for name in ("a", "b"):
        room.doors.kill(name)
    terminal = room.terminal(wait_s=0.0)
    terminal.type("/friend eva", "/search x", "/status")
    assert terminal.end() == 1
    assert "not done, for it waited in vain: /friend eva, /search x, /status" in terminal.paper.text()
    assert "where they belong" not in terminal.paper.text()


def test_what_a_pipe_says_about_messages_waits_until_they_are_there(room: Room) -> None:
    for counter in (1, 2):
        room.doors.post(counter, f"old {counter}")
    terminal = room.terminal()
    terminal.type("/last 1", "mine", "/last 1", "/reply 2 yes")
    assert terminal.end() == 0
    assert [note.partition("  ")[2][-5:] for note in terminal.paper.notes if "*    " in note] == [
        "old 2",
        " mine",
    ]
    assert room.texts() == ["old 1", "old 2", "mine", "yes"]


def test_two_exports_in_a_row_are_done_one_after_the_other(room: Room, tmp_path: Path) -> None:
    room.doors.post(1, "old 1")
    terminal = room.terminal()
    terminal.type(f"/export {tmp_path / 'a.txt'}", f"/export {tmp_path / 'b.txt'}")
    assert terminal.end() == 0, terminal.paper.text()
    assert [("old 1" in (tmp_path / name).read_text()) for name in ("a.txt", "b.txt")] == [True, True]


def test_a_line_that_cannot_be_a_message_is_told_and_costs_the_good_end(room: Room) -> None:
    terminal = room.terminal()
    terminal.type("x" * 9_000, "\udcff", "fine")
    assert terminal.end() == 1
    assert room.texts() == ["fine"]
    assert terminal.paper.text().count("not stored: ") == 2


def test_a_message_that_the_server_refuses_is_told_and_costs_the_good_end(room: Room) -> None:
    room.doors.pair.servers["a"].refusals[requests.Send] = ("unknown_room", {"room": "general"})
    terminal = room.terminal()
    terminal.type("one")
    assert terminal.end() == 1
    assert "not stored: The room general does not exist any more." in terminal.paper.text()
    assert terminal.outbox.drafts() == []


def test_commands_are_not_messages_and_a_doubled_slash_is_one(room: Room) -> None:
    room.doors.pair.servers["a"].refusals[requests.Who] = ("unknown_room", {"room": "general"})
    terminal = room.terminal()
    terminal.wait_for("connected to server a")
    terminal.type("/help", "/status", "/dance", "//dance", "/who")
    terminal.wait_for("Not done: The room general does not exist any more.")
    terminal.wait_for("anna: /dance")
    for text in ("/quit", "connected to a at", "There is no such command", "servers: a ● leader"):
        assert text in terminal.paper.text()
    terminal.type("/quit")
    assert terminal.exit_code() == 0
    assert room.texts() == ["/dance"]


def test_a_refused_name_ends_it_in_words(room: Room) -> None:
    room.doors.pair.servers["a"].refusals[requests.SignIn] = ("wrong_person", {"name": "bob"})
    terminal = room.terminal()
    assert terminal.exit_code() == 1
    assert "This computer is known to the servers as bob." in terminal.paper.text()


def test_whoever_came_too_late_with_a_name_or_an_invite_comes_again_as_a_new_device(room: Room) -> None:
    server = room.doors.pair.servers["a"]
    server.refusals[requests.SignIn] = ("id_reuse", {"counter": 0})
    first = room.terminal()
    assert first.exit_code() == 1
    assert "Start again: this computer comes as a new device." in first.paper.text()
    server.refusals.clear()
    assert room.terminal().end() == 0
    asked = [request for request in server.asked if isinstance(request, requests.SignIn)]
    assert len({request.device for request in asked}) == 2
    assert len({request.secret for request in asked}) == 2


def test_full_servers_are_told_once_and_waited_for(room: Room) -> None:
    room.doors.pair.users_max = 1
    room.doors.pair.others = {"a": 1, "b": 1}
    terminal = room.terminal()
    terminal.type("one")
    terminal.wait_for("Both servers are full. It is tried again in ")
    room.doors.pair.others = {"a": 1, "b": 0}
    assert terminal.end() == 0
    assert terminal.paper.text().count("full") == 1


def test_leaving_at_once_keeps_what_is_not_stored(room: Room) -> None:
    room.doors.pair.servers["a"].mute = {requests.Send}
    terminal = room.terminal()
    terminal.wait_for("connected to server a")
    terminal.type("one")
    terminal.talk.put(Left())
    assert terminal.exit_code() == 1
    assert "1 line is not stored yet" in terminal.paper.text()


def test_an_unknown_certificate_ends_a_pipe_with_the_flag_that_trusts_it(
    tls_room: Room, identity: Identity
) -> None:
    terminal = tls_room.terminal(trust=Trust())
    assert terminal.exit_code() == 1
    pin = fingerprint_of(identity.authority.certificate_pem)
    assert f"--fingerprint {fingerprint_text(pin)}" in terminal.paper.text()
    assert not tls_room.doors.pair.servers["a"].asked


def test_a_person_is_asked_about_an_unknown_certificate(tls_room: Room, identity: Identity) -> None:
    terminal = tls_room.terminal(trust=Trust(), is_interactive=True)
    terminal.wait_for("Type yes to trust it")
    terminal.type("yes", "one")
    terminal.wait_for("anna: one")
    assert terminal.end() == 0
    assert terminal.outbox.fact("authority").split() == identity.ca_pem.split()


def test_a_person_who_does_not_trust_a_certificate_is_out(tls_room: Room) -> None:
    terminal = tls_room.terminal(trust=Trust(), is_interactive=True)
    terminal.wait_for("Type yes to trust it")
    terminal.type("")
    assert terminal.exit_code() == 1
    assert not tls_room.doors.pair.servers["a"].asked


def test_a_changed_certificate_is_a_hard_stop(tls_room: Room) -> None:
    terminal = tls_room.terminal(trust=make_identity().trust)
    terminal.type("one")
    assert terminal.exit_code() == 1
    assert "another certificate than the one that is trusted" in terminal.paper.text()
    assert not tls_room.doors.pair.servers["a"].asked


def test_another_chat_at_the_same_address_is_a_hard_stop(room: Room) -> None:
    first = room.terminal()
    assert first.end() == 0
    for server in room.doors.pair.servers.values():
        server.cluster = "another"
    second = room.terminal()
    second.type("one")
    assert second.exit_code() == 1
    assert "Another chat (Chat) than before" in second.paper.text()
    assert room.texts() == []


def test_a_server_that_waits_for_the_other_one_is_given_up_and_the_lines_are_kept(room: Room) -> None:
    room.doors.pair.servers["a"].mute = {requests.Send}
    terminal = room.terminal(wait_s=0.0)
    terminal.wait_for("connected to server a")
    servers = [ServerFacts(name="a", address="a:1", role="recovering"), ServerFacts("b", "b:1", "away")]
    terminal.talk.put([ServersChanged(servers=servers, mode="waiting")])
    terminal.type("one")
    assert terminal.end() == 1
    assert "stores nothing until the other one is back" in terminal.paper.text()
    assert "No server answered" not in terminal.paper.text()
    assert "1 line is not stored yet" in terminal.paper.text()


def test_behind_a_password_command_that_waits_every_line_may_be_a_secret(room: Room) -> None:
    # Nobody answers which rooms there are.
    terminal = room.terminal(is_interactive=True)
    terminal.wait_for("connected to server a")
    terminal.type("/join garden", "hello")
    wait_until(lambda: not terminal.talk.backlog())
    assert not terminal.talk.wants_secret
    terminal.type("/password")
    assert (terminal.talk.wants_secret, terminal.talk.wants_answer) == (True, True)
    wait_until(lambda: not terminal.talk.backlog())
    assert (terminal.talk.wants_secret, terminal.talk.wants_answer) == (True, True)
