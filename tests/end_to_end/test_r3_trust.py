"""R3.9 with real servers and the terminal client: who is trusted, who is asked about, and the hard stop."""

import dataclasses
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import fingerprint_of
from server.cluster.data_folder import DataFolder
from server.names.addresses import Address
from server.names.fingerprints import fingerprint_text, fingerprint_words
from server.names.invite_links import InviteLink, parse_invite_link
from server.state.bodies import MessageBody
from tests.commands.programs import Program, run_here
from tests.end_to_end.deaths import CLIENT_S, dying_leader
from tests.end_to_end.real_pair import RealPair
from tests.source_tree import PROJECT
from tests.terminal.screen import Screen, open_screen
from tests.waiting import DEADLINE_S, wait_until


class Server:
    """One server process on a folder; it can end, and another one take its address."""

    def __init__(self, data: Path, port: int = 0) -> None:
        self.data = data
        self.program = Program("serve", "--data", data, "--listen", f"127.0.0.1:{port}", "--open")
        self.address = self.program.wait_line("ready: ").split()[2].rstrip(",")
        identity = load_identity(DataFolder(data).certificates)
        assert identity is not None
        self.fingerprint = fingerprint_of(identity.chain_pem)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def link(self) -> InviteLink:
        return InviteLink((Address("127.0.0.1", self.port),), self.fingerprint)

    def stop(self) -> None:
        """A clean end."""
        assert self.program.interrupt() == 0

    def archived(self) -> str:
        """What was said and who came, of a server that has ended."""
        return run_here("dump", self.data).text


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of as many chats as are wanted."""
    started: list[Server] = []

    def one(name: str, port: int = 0) -> Server:
        started.append(Server(tmp_path / name, port))
        return started[-1]

    yield one
    for server in started:
        server.program.kill()


class Computer:
    """Somebody's computer: what it remembers lies in one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def words(self, server: str, *options: str) -> list[str]:
        chat = [sys.executable, "-m", "server", "chat", "--server", server, "--name", "anna"]
        return [*chat, "--data", str(self._path), *options]

    def say(self, server: str, text: str, *options: str) -> tuple[int, str]:
        """Say one thing from a pipe: the exit code, and all that was printed."""
        done = subprocess.run(
            self.words(server, "--wait", "20", *options),
            input=f"{text}\n",
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
            cwd=PROJECT,
        )
        return done.returncode, done.stdout + done.stderr

    def sit_down(self, screen: Screen, server: str, *options: str) -> "subprocess.Popen[bytes]":
        """A person at a terminal."""
        far = screen.far
        return subprocess.Popen(self.words(server, *options), stdin=far, stdout=far, stderr=far, cwd=PROJECT)


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path / "computer")


def leave(screen: Screen, chat: "subprocess.Popen[bytes]", code: int) -> None:
    """Until the program has ended."""
    wait_until(lambda: screen.read() and chat.poll() is not None, what="the program ends")
    assert chat.returncode == code, screen.read()


@pytest.mark.usefixtures("steady")
def test_r3_9_a_script_talks_over_tls_by_an_invite_link_while_the_leader_dies(
    pair: RealPair, computer: Computer, rng: random.Random
) -> None:
    """At either server, without a question; each line is stored once, and in order."""
    link = parse_invite_link(str(pair.invite))
    assert isinstance(link, InviteLink)
    assert [address.port for address in link.addresses] == list(pair.ports.clients)
    assert not link.plain
    lines = [f"line {n}" for n in range(500)]
    victims = []
    for part in (lines[:250], lines[250:]):
        with dying_leader(pair, rng, CLIENT_S) as dead:
            code, printed = computer.say(str(link), "\n".join(part))
        assert code == 0, printed
        assert "fingerprint" not in printed
        victims.append(dead)
    assert victims == [0, 1]
    pair.stop()
    for place in (0, 1):
        kept = [record.body for record in pair.archive(place) if record.header.kind == "message"]
        assert [msgspec.msgpack.decode(body, type=MessageBody).text for body in kept] == lines


def test_a_bare_address_in_a_pipe_is_the_end_with_nothing_sent(
    start: Callable[..., Server], computer: Computer
) -> None:
    server = start("chat")
    code, printed = computer.say(server.address, "hello")
    assert code == 1
    assert fingerprint_words(server.fingerprint) in printed
    code, printed = computer.say(server.address, "hello again", "--fingerprint", fingerprint_text(bytes(32)))
    assert (code, "another certificate than the one" in printed) == (1, True)
    server.stop()
    assert "anna" not in server.archived()


def test_a_person_at_a_bare_address_is_asked_once_and_leaving_is_the_default(
    start: Callable[..., Server], computer: Computer
) -> None:
    server = start("chat")
    with open_screen() as screen:
        chat = computer.sit_down(screen, server.address)
        screen.wait_for(fingerprint_words(server.fingerprint))
        screen.wait_for(">")
        screen.type("\r")
        screen.wait_for("not trusted")
        leave(screen, chat, 1)
    with open_screen() as screen:
        chat = computer.sit_down(screen, server.address)
        screen.wait_for("Type yes to trust it")
        screen.type("yes\r")
        screen.wait_for("connected to server")
        screen.type("/quit\r")
        leave(screen, chat, 0)
    code, printed = computer.say(server.address, "It is known by now.")
    assert code == 0, printed
    assert "fingerprint" not in printed


def test_the_certificate_is_asked_about_before_a_password_is(
    start: Callable[..., Server], computer: Computer
) -> None:
    server = start("chat")
    with open_screen() as screen:
        chat = computer.sit_down(screen, server.address, "--register")
        screen.wait_for("Type yes to trust it")
        assert "Password" not in screen.read()
        screen.type("no\r")
        leave(screen, chat, 1)
        assert "Password" not in screen.read()
    with open_screen() as screen:
        chat = computer.sit_down(screen, server.address, "--register")
        screen.wait_for("Type yes to trust it")
        screen.type("yes\r")
        screen.wait_for("Password")
        chat.kill()
        leave(screen, chat, -signal.SIGKILL)
    server.stop()
    assert "anna" not in server.archived()
    with open_screen() as screen:
        chat = computer.sit_down(screen, server.address, "--register")
        screen.wait_for("No server answers there")
        leave(screen, chat, 1)


@pytest.mark.parametrize("how", ["invite link", "bare address"])
def test_another_server_at_a_known_address_is_a_hard_stop(
    start: Callable[..., Server], computer: Computer, how: str
) -> None:
    server = start("chat")
    pin = fingerprint_text(server.fingerprint)
    place, options = (
        (str(server.link), ()) if how == "invite link" else (server.address, ("--fingerprint", pin))
    )
    assert computer.say(place, "hello", *options)[0] == 0
    server.stop()
    other = start("another chat", server.port)
    with open_screen() as screen:
        chat = computer.sit_down(screen, place)
        screen.wait_for("another certificate than the one that is trusted")
        leave(screen, chat, 1)
        # There is no way to say yes.
        assert "Type yes" not in screen.read()
    code, printed = computer.say(place, "hello?")
    assert (code, "another certificate than the one" in printed) == (1, True)
    other.stop()
    assert "anna" not in other.archived()


def test_a_link_to_the_wrong_server_sends_nothing(start: Callable[..., Server], computer: Computer) -> None:
    server = start("chat")
    link = dataclasses.replace(server.link, fingerprint=bytes(32))
    code, printed = computer.say(str(link), "hello")
    assert (code, "another certificate than the one" in printed) == (1, True)
    server.stop()
    assert "anna" not in server.archived()


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_link_replaces_no_certificate_that_is_known(
    start: Callable[..., Server], computer: Computer, is_plain: bool
) -> None:
    """Its first address is a known one where nobody answers, the next one is somebody else's."""
    server = start("chat")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = Address("127.0.0.1", closed.getsockname()[1])
    mine = dataclasses.replace(server.link, addresses=(nobody, *server.link.addresses))
    assert computer.say(str(mine), "hello")[0] == 0
    thief = start("another chat")
    theirs = dataclasses.replace(
        thief.link,
        addresses=(nobody, *thief.link.addresses),
        fingerprint=None if is_plain else thief.fingerprint,
        plain=is_plain,
    )
    code, printed = computer.say(str(theirs), "hello?")
    assert (code, "does not fit the certificate" in printed) == (1, True)
    assert computer.say(str(mine), "hello again")[0] == 0
    thief.stop()
    assert "anna" not in thief.archived()
