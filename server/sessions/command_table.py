"""The command table: every request, what it needs, and the method that serves it."""

import enum
from typing import Final

import msgspec

from server.protocol import requests
from server.protocol.errors import Refusal


class Stage(enum.IntEnum):
    """How far a connection has come."""

    CONNECTED = 0
    GREETED = 1
    ON_STANDBY = 2
    ACTIVE = 3


class Command(msgspec.Struct, frozen=True):
    """The method of `Session` that serves a request, and the stages in which it may be asked."""

    method: str
    first_stage: Stage
    last_stage: Stage = Stage.ACTIVE


COMMANDS: Final[dict[type, Command]] = {
    requests.Hello: Command("say_welcome", Stage.CONNECTED, Stage.CONNECTED),
    requests.Ping: Command("say_pong", Stage.GREETED),
    requests.Status: Command("tell_status", Stage.GREETED),
    requests.SignOut: Command("sign_out", Stage.GREETED),
    requests.SignIn: Command("sign_in", Stage.GREETED, Stage.GREETED),
    requests.Activate: Command("activate", Stage.ON_STANDBY, Stage.ON_STANDBY),
    requests.Send: Command("archive", Stage.ACTIVE),
    requests.CreateRoom: Command("archive", Stage.ACTIVE),
    requests.JoinRoom: Command("archive", Stage.ACTIVE),
    requests.ChangePassword: Command("change_password", Stage.ACTIVE),
    requests.RevokeDevice: Command("archive", Stage.ACTIVE),
    requests.Devices: Command("tell_devices", Stage.ACTIVE),
    requests.History: Command("tell_history", Stage.ACTIVE),
    requests.Rooms: Command("tell_rooms", Stage.ACTIVE),
    requests.Who: Command("tell_members", Stage.ACTIVE),
}


def find_command(request: requests.AnyRequest, stage: Stage) -> Command | Refusal:
    """The command for a request, or why it cannot be asked at this stage."""
    command = COMMANDS[type(request)]
    if stage > command.last_stage:
        return Refusal("hello_again" if command.method == "say_welcome" else "already_signed_in")
    if stage >= command.first_stage:
        return command
    if stage == Stage.CONNECTED:
        return Refusal("hello_first")
    return Refusal("on_standby" if stage == Stage.ON_STANDBY else "not_signed_in")
