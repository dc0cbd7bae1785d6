"""All commands of a terminal client, whatever stands behind them."""

import itertools
import typing
from pathlib import Path

import pytest

from server.protocol import requests
from tests.terminal.terminals import Room
from tests.waiting import wait_until

# To these the scripted servers have an answer of their own.
ANSWERED = {
    *(requests.Hello, requests.SignIn, requests.Activate, requests.Send, requests.Ping),
    *(requests.Mark, requests.Typing, requests.History, requests.Receipts),
}
DIGITS = "9" * 5_000


@pytest.mark.parametrize(
    "argument",
    [
        *(DIGITS, f"1 {DIGITS}", f"{DIGITS} x", "0000012", "-1", "²"),
        *("x" * 300, "1 " + "x" * 300, "~no-such-person/x", "1 ~no-such-person/x", "~\0/x", "a\0b", "1 a\0b"),
        *("\udcff", "\ud800", "1 \udcff", "-a \udcff", "1 :\udcff:", "\udcff:1", "c" * 32 + ":1 \udcff"),
        "c" * 32 + ":" + "9" * 16,
        *('"', "/", ".."),
    ],
    ids=itertools.count(),
)
def test_no_line_ends_the_client(
    room: Room, argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kinds = set(typing.get_args(requests.AnyRequest)) - ANSWERED
    for server in room.doors.pair.servers.values():
        server.refusals = dict.fromkeys(kinds, ("forbidden", {}))
    terminal = room.terminal(is_interactive=True)
    terminal.wait_for("connected to server a")
    commands = set(terminal.talk.known.commands) - {"/quit", "/signout"}
    for command in sorted(commands):
        terminal.type(f"{command} {argument}")
        if command == "/unregister":
            terminal.type("anna", argument)
        if command == "/password":
            terminal.type(argument, argument, argument)
    terminal.type("it goes on")
    wait_until(lambda: terminal.has_ended or room.texts()[-1:] == ["it goes on"])
    assert not terminal.has_ended
