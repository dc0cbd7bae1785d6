"""`find` and `chat --find`: a real server on the loopback interface, found and asked about."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import fingerprint_of
from server.cluster.data_folder import DataFolder
from server.commands import find as find_command
from server.commands import finding
from server.names.addresses import Address
from server.names.announcements import Announcement
from server.names.fingerprints import fingerprint_text, fingerprint_words
from tests.commands.programs import Program, fails_here, run_here
from tests.source_tree import PROJECT
from tests.waiting import wait_until


class Server:
    """One that announces itself, although it listens on loopback only."""

    def __init__(self, program: Program, data: Path) -> None:
        self.address = program.wait_line("ready: ").split()[2].rstrip(",")
        folder = DataFolder(data)
        identity = load_identity(folder.certificates)
        assert identity is not None
        self.fingerprint = fingerprint_of(identity.chain_pem)
        self.cluster = folder.read().cluster

    def found(self) -> list[dict[str, Any]]:
        """What `find --json` says of this one."""
        lines = run_here("find", "--seconds", "1", "--json").lines
        found: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines]
        return [chat for chat in found if chat["cluster"] == self.cluster]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    data = tmp_path / "server"
    with Program("serve", "--data", data, "--listen", "127.0.0.1:0", "--open", "--announce") as program:
        yield Server(program, data)
        assert program.interrupt() == 0
        assert program.errors == ""


def test_a_server_that_announces_itself_is_found_with_its_certificate(server: Server) -> None:
    wait_until(server.found, what="the server is found")
    assert server.found() == [
        {
            "chat": "Desktop Chat",
            "cluster": server.cluster,
            "fingerprint": fingerprint_text(server.fingerprint),
            "addresses": [server.address],
        }
    ]
    told = run_here("find", "--seconds", "1").text
    assert server.address in told
    assert fingerprint_words(server.fingerprint) in told


def test_a_server_on_loopback_is_not_announced_unless_it_is_told_to(tmp_path: Path) -> None:
    with Program("serve", "--data", tmp_path, "--listen", "127.0.0.1:0") as program:
        quiet = Server(program, tmp_path)
        assert quiet.found() == []


def test_what_was_found_is_trusted_no_more_than_a_bare_address(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(server.found, what="the server is found")
    (host, port) = server.address.split(":")
    # Of all that is announced on this machine, the one of this test.
    mine = [Announcement("Desktop Chat", server.cluster, server.fingerprint, (Address(host, int(port)),))]
    monkeypatch.setattr(finding, "find", lambda: mine)
    address = finding.found_addresses(is_asked_for=True)
    assert address == server.address

    def chat(*more: str) -> subprocess.CompletedProcess[str]:
        options = ["--server", address, "--name", "Anna", "--data", str(tmp_path / "anna"), "--wait", "5"]
        return subprocess.run(
            [sys.executable, "-m", "server", "chat", *options, *more],
            input="Hello\n",
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT,
        )

    unknown = chat()
    assert unknown.returncode == 1
    assert "--fingerprint" in unknown.stderr
    assert fingerprint_words(server.fingerprint) in unknown.stderr
    assert "Hello" not in unknown.stdout
    trusted = chat("--fingerprint", fingerprint_text(server.fingerprint))
    assert trusted.returncode == 0, trusted


def test_where_nothing_is_announced_people_are_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(time_s: float) -> list[Announcement]:
        return []

    monkeypatch.setattr("server.names.local_network.find_chats", nothing)
    fails_here(1, "An invite link always works", "find")
    fails_here(1, "An invite link always works", "chat", "--find", "--name", "Anna")


def test_a_network_that_cannot_be_asked_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(time_s: float) -> list[Announcement]:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("server.names.local_network.find_chats", refused)
    fails_here(1, "The local network cannot be asked: Network is unreachable.", "find")


def test_a_pipe_looks_for_nothing_by_itself_and_chooses_among_several_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fails_here(2, "--find", "chat", "--name", "Anna")
    fails_here(2, "exclude each other", "chat", "--name", "Anna", "--find", "--server", "a:1")
    several = [Announcement(name, "0" * 16, None, (Address("a"),)) for name in ("One", "Two")]
    monkeypatch.setattr(finding, "find", lambda: several)
    fails_here(2, "There are several chats", "chat", "--find", "--name", "Anna")


def test_what_is_not_encrypted_is_said(server: Server) -> None:
    plain = Announcement("Lab", "0" * 16, None, (Address("127.0.0.1", 7000),))
    assert find_command.announcement_lines(plain)[-1].strip() == "without encryption (--plain)"
