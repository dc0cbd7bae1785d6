"""The command table: each request at each stage is served or refused with the documented code."""

import typing
from typing import Any, Final

import pytest

from server.protocol import requests
from server.protocol.errors import Refusal
from server.sessions.command_table import COMMANDS, find_command
from server.sessions.stages import Stage
from tests.sessions.scene import Scene, codes

# What each request needs beside its id.
FIELDS: Final[dict[type, dict[str, Any]]] = {
    requests.Hello: {"versions": [1]},
    requests.SignIn: {"name": "Anna", "device": "a" * 32, "secret": "b" * 64},
    requests.Activate: {},
    requests.Send: {"counter": 1, "room": "general", "text": "hello", "time_ms": 1},
    requests.Edit: {"counter": 6, "device": "c" * 32, "message": 1, "text": "hello"},
    requests.Delete: {"counter": 7, "device": "c" * 32, "message": 1},
    requests.React: {"counter": 8, "device": "c" * 32, "message": 1, "emoji": "👍"},
    requests.BeginUpload: {"sha256": "d" * 64, "size": 1},
    requests.Chunk: {"sha256": "d" * 64, "offset": 0},
    requests.Download: {"room": "general", "sha256": "d" * 64, "offset": 0},
    requests.CreateRoom: {"counter": 2, "name": "garden"},
    requests.JoinRoom: {"counter": 3, "room": "none"},
    requests.LeaveRoom: {"counter": 6, "room": "none"},
    requests.DeleteRoom: {"counter": 15, "room": "none"},
    requests.RenameRoom: {"counter": 7, "room": "none", "name": "garden"},
    requests.SetTopic: {"counter": 8, "room": "none", "topic": "weeds"},
    requests.CreateGroup: {"counter": 9, "name": "Choir", "users": ["@nobody"]},
    requests.AddMember: {"counter": 10, "room": "none", "user": "@nobody"},
    requests.RemoveMember: {"counter": 11, "room": "none", "user": "@nobody"},
    requests.Administer: {"counter": 12, "room": "none", "user": "@nobody", "is_administrator": True},
    requests.Friend: {"counter": 13, "user": "@nobody", "act": "ask"},
    requests.Friends: {},
    requests.People: {},
    requests.ChangePassword: {"counter": 4, "old": "", "new": "a lamp that hums in B flat"},
    requests.RevokeDevice: {"counter": 5, "device": "c" * 32},
    requests.Devices: {},
    requests.Unregister: {"counter": 14, "password": ""},
    requests.CreateInvite: {"counter": 8, "hash": "e" * 64},
    requests.TakeBackInvite: {"counter": 9, "hash": "e" * 64},
    requests.Invites: {},
    requests.SetStanding: {"counter": 10, "user": "nobody", "standing": "disabled"},
    requests.ResetPassword: {"counter": 11, "user": "nobody", "hash": "e" * 64},
    requests.ChangeSettings: {"counter": 12},
    requests.Accounts: {},
    requests.Audit: {},
    requests.History: {"room": "general"},
    requests.Search: {"text": "word"},
    requests.Mark: {"cursor": requests.Cursor("1.a.0", 1), "since": 0},
    requests.Receipts: {"room": "general"},
    requests.Unread: {},
    requests.Typing: {"room": "general"},
    requests.Rooms: {},
    requests.Who: {"room": "general"},
    requests.Status: {},
    requests.Ping: {},
    requests.SignOut: {},
}
# The refusals by stage: connected, greeted, on standby, active. Empty: it is served.
ALWAYS = ("hello_first", "", "", "")
TALKING = ("hello_first", "not_signed_in", "on_standby", "")
ADMINISTERING = ("hello_first", "not_signed_in", "", "")
EXPECTED: Final[dict[type, tuple[str, str, str, str]]] = {
    requests.Hello: ("", "hello_again", "hello_again", "hello_again"),
    requests.SignIn: ("hello_first", "", "already_signed_in", "already_signed_in"),
    requests.Activate: ("hello_first", "not_signed_in", "", "already_signed_in"),
    requests.Send: TALKING,
    requests.Edit: TALKING,
    requests.Delete: TALKING,
    requests.React: TALKING,
    requests.BeginUpload: TALKING,
    requests.Chunk: TALKING,
    requests.Download: TALKING,
    requests.CreateRoom: TALKING,
    requests.JoinRoom: TALKING,
    requests.LeaveRoom: TALKING,
    requests.DeleteRoom: TALKING,
    requests.RenameRoom: TALKING,
    requests.SetTopic: TALKING,
    requests.CreateGroup: TALKING,
    requests.AddMember: TALKING,
    requests.RemoveMember: TALKING,
    requests.Administer: TALKING,
    requests.Friend: TALKING,
    requests.Friends: TALKING,
    requests.People: TALKING,
    requests.ChangePassword: TALKING,
    requests.RevokeDevice: TALKING,
    requests.Devices: TALKING,
    requests.Unregister: TALKING,
    requests.CreateInvite: ADMINISTERING,
    requests.TakeBackInvite: ADMINISTERING,
    requests.Invites: ADMINISTERING,
    requests.SetStanding: ADMINISTERING,
    requests.ResetPassword: ADMINISTERING,
    requests.ChangeSettings: ADMINISTERING,
    requests.Accounts: ADMINISTERING,
    requests.Audit: ADMINISTERING,
    requests.History: TALKING,
    requests.Search: TALKING,
    requests.Mark: TALKING,
    requests.Receipts: TALKING,
    requests.Unread: TALKING,
    requests.Typing: TALKING,
    requests.Rooms: TALKING,
    requests.Who: TALKING,
    requests.Status: ALWAYS,
    requests.Ping: ALWAYS,
    requests.SignOut: ALWAYS,
}
KINDS = typing.get_args(requests.AnyRequest)


def test_every_request_is_in_the_table() -> None:
    assert set(COMMANDS) == set(KINDS) == set(EXPECTED)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_table_says_so(kind: type[requests.AnyRequest], stage: Stage) -> None:
    found = find_command(kind(id=1, **FIELDS[kind]), stage)
    expected = EXPECTED[kind][stage]
    assert (found.code if isinstance(found, Refusal) else "") == expected
    assert found == (Refusal(expected) if expected else COMMANDS[kind])


@pytest.mark.parametrize("stage", Stage)
def test_a_session_does_as_the_table_says(scene: Scene, stage: Stage) -> None:
    for kind in KINDS:
        client = scene.client()
        if stage == Stage.GREETED:
            client.greet()
        elif stage > Stage.GREETED:
            client.sign_in(standby=stage == Stage.ON_STANDBY)
        assert client.session.stage is stage
        refused = [code for code in codes(client.ask(kind, **FIELDS[kind])) if code in set(EXPECTED_CODES)]
        assert refused == [code for code in [EXPECTED[kind][stage]] if code], kind
        client.close()


EXPECTED_CODES = {code for row in EXPECTED.values() for code in row if code}
