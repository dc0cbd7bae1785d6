"""The window's program from the command line: its pair, its self-test, and a computer without a display."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_chat.hosting.pair import PairError, open_pair
from server.names.invite_links import InviteLink, parse_invite_link
from tests.waiting import DEADLINE_S, wait_until

PROJECT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "desktop_chat"]


def run(*arguments: str, without_display: bool = False, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if without_display:
        environment.pop("DISPLAY", None)
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=PROJECT, env=environment, input=typed, capture_output=True, text=True, check=False,
        timeout=4 * DEADLINE_S,
    )  # fmt: skip


def test_a_pair_is_started_once_and_ends_with_who_started_it(tmp_path: Path) -> None:
    ours = open_pair(tmp_path / "pair", port=0)
    try:
        assert isinstance(parse_invite_link(ours.invite), InviteLink)
        assert ours.is_ours
        other = open_pair(tmp_path / "pair", port=0)
        assert other.invite == ours.invite
        assert not other.is_ours
        other.close()
    finally:
        ours.close()
    again = open_pair(tmp_path / "pair", port=0)
    assert again.is_ours
    again.close()


def test_a_pair_that_cannot_start_says_why(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises((PairError, OSError)):
        open_pair(blocked / "pair", port=0)


def test_the_self_test_sends_and_receives_one_message(tmp_path: Path) -> None:
    done = run("--selftest", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "one message sent and received" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_without_a_display_it_says_so_and_how_to_join_from_the_terminal(tmp_path: Path) -> None:
    done = run("10.0.0.1", "--data", str(tmp_path), "--language", "en", without_display=True)
    assert done.returncode == 1
    assert "There is no display here" in done.stderr
    assert "chat --server 10.0.0.1" in done.stderr


def test_with_a_pair_and_without_a_display_the_terminal_client_opens(tmp_path: Path) -> None:
    done = run(
        "--with-pair", "--port", "0", "--data", str(tmp_path / "data"), "--name", "Anna", "--language", "en",
        without_display=True, typed="hello from the terminal\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "There is no display here" in done.stderr
    assert "hello from the terminal" in done.stdout
    assert "A second window for a second person:" in done.stdout


def test_with_a_pair_the_window_is_in_and_a_signal_ends_both(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "--with-pair", "--port", "0", "--data", str(tmp_path / "data"), "--name", "Anna"],
        cwd=PROJECT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    invite = tmp_path / "data" / "pair" / "invite.txt"
    caches = tmp_path / "data" / "chats"
    wait_until(lambda: invite.exists() and list(caches.glob("*/chat.sqlite")), what="the window")
    process.send_signal(signal.SIGINT)
    output, _errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    assert "--data" in output
    link = parse_invite_link(invite.read_text(encoding="utf-8"))
    assert isinstance(link, InviteLink)
    again = open_pair(tmp_path / "data" / "pair", port=0)
    # Nobody answered at the old addresses: the servers ended with the window.
    assert again.is_ours
    again.close()


def test_the_version_is_told() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert "desktop-chat" in done.stdout
