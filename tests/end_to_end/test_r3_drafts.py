"""R3.10 with real servers: what was begun in a conversation is there when one comes back to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.client.reading import START_OF_ARCHIVE
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair
from tests.source_tree import PROJECT
from tests.terminal.screen import Screen, open_screen
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("steady")


@contextmanager
def terminal(pair: RealPair, path: Path) -> Iterator[tuple[Screen, "subprocess.Popen[bytes]"]]:
    """Anna at a terminal, connected."""
    words = [sys.executable, "-m", "server", "chat", "--server", str(pair.invite)]
    with open_screen() as screen:
        far = screen.far
        with subprocess.Popen(
            [*words, "--name", "anna", "--data", str(path)], stdin=far, stdout=far, stderr=far, cwd=PROJECT
        ) as process:
            try:
                screen.wait_for("connected to server")
                screen.wait_for("[general] >")
                yield screen, process
            finally:
                process.kill()


def test_r3_10_a_draft_waits_in_its_conversation_through_kills_of_the_client_and_of_the_leader(
    pair: RealPair, people: People, tmp_path: Path
) -> None:
    with terminal(pair, tmp_path) as (screen, process):
        screen.type("/create garden\r")
        screen.wait_for("[garden] >")
        screen.type("half for the garden")
        screen.wait_for("[garden] > half for the garden")
        # The line must make place for the command.
        screen.type("\x15/room general\r")
        screen.wait_for("You talk in #general")
        screen.type("to all, in the line")
        screen.wait_for("[general] > to all, in the line")
        process.kill()
        process.wait()
    with terminal(pair, tmp_path) as (screen, process):
        screen.type("/rooms\r")
        screen.wait_for("#garden  (public, 1 member, you administer it, unsent draft)")
        pair.kill(0)
        screen.type("/room garden\r")
        screen.wait_for("[garden] > half for the garden")
        screen.type(", done\r")
        screen.wait_for("anna: half for the garden, done")
        screen.type("/drafts\r")
        screen.wait_for("Nothing is kept unsent.")
        screen.type("/room general\r")
        screen.wait_for("You talk in #general")
        screen.type("for all\r")
        screen.wait_for("anna: for all")
        screen.type("/quit\r")
        wait_until(lambda: screen.read() and process.poll() is not None)
        assert process.returncode == 0
    reader = people.person(pair.invite, "ben", cursor=START_OF_ARCHIVE)
    reader.reads("for all")
