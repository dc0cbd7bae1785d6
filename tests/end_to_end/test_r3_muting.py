"""R3.10 with real servers: a person at a terminal mutes a room."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.client.notices import Stored
from server.protocol import requests
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair
from tests.source_tree import PROJECT
from tests.terminal.screen import Screen, open_screen
from tests.waiting import DEADLINE_S


@contextmanager
def terminal(pair: RealPair, path: Path) -> Iterator[Screen]:
    """Anna's, until she quits."""
    options = ["--server", str(pair.invite), "--name", "anna", "--data", str(path)]
    command = [sys.executable, "-m", "server", "chat", *options]
    with (
        open_screen() as screen,
        subprocess.Popen(
            command, cwd=PROJECT, stdin=screen.far, stdout=screen.far, stderr=screen.far
        ) as process,
    ):
        try:
            screen.wait_for("connected to server")
            yield screen
            screen.type("/quit\r")
            assert process.wait(DEADLINE_S) == 0
        finally:
            process.kill()


def say(person: Person, text: str, room: str) -> None:
    person.stored(person.say(text, room))


@pytest.mark.usefixtures("steady")
def test_a_muted_room_is_quiet_over_a_restart_until_one_talks_there(
    pair: RealPair, people: People, tmp_path: Path
) -> None:
    ben = people.person(pair.invite, "ben")
    ticket = ben.links.ask(requests.CreateRoom(id=1, counter=ben.next_counter(), name="tea"))
    tea = ben.wait_for(Stored, lambda stored: stored.ticket == ticket).room
    with terminal(pair, tmp_path / "own") as screen:
        screen.type("/join tea\r")
        screen.wait_for("You talk in #tea")
        screen.type("/room general\r")
        screen.wait_for("You talk in #general")
        screen.type("/mute tea\r")
        screen.wait_for("#tea is muted")
        say(ben, "the kettle boils", tea)
        say(ben, "@anna come over", tea)
        say(ben, "good morning", "general")
        screen.wait_for("good morning")
        assert "@anna come over" in screen.read()
        assert "the kettle boils" not in screen.read()
    with terminal(pair, tmp_path / "own") as screen:
        screen.wait_for("good morning")
        say(ben, "the tea is cold", tea)
        say(ben, "good night", "general")
        screen.wait_for("good night")
        assert "the tea is cold" not in screen.read()
        # Nor is it read, as little as what stood before the one that was shown.
        screen.type("/unread\r")
        screen.wait_for("#tea: 3 unread messages")
        screen.type("/room tea\r")
        screen.wait_for("the tea is cold")
        screen.type("/unmute\r")
        screen.wait_for("#tea is not muted")
