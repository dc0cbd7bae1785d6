"""The command table: every request, what it needs, and the function that serves it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from server.protocol import requests
from server.protocol.errors import Refusal
from server.sessions.administration import tell_accounts, tell_audit, tell_invites
from server.sessions.archiving import archive, archive_checked, send
from server.sessions.changing import change
from server.sessions.devices import tell_devices
from server.sessions.files import begin_upload, download, take_chunk
from server.sessions.people import tell_friends, tell_people
from server.sessions.readings import tell_history, tell_status
from server.sessions.receipts import take_mark, tell_receipts
from server.sessions.rooms import tell_members, tell_rooms
from server.sessions.searches import search
from server.sessions.signing_in import activate, greet, say_pong, sign_in, sign_out
from server.sessions.stages import Stage
from server.sessions.typists import tell_typing
from server.sessions.unread import tell_unread

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session


class Command(msgspec.Struct, frozen=True):
    """The function that serves a request, and the stages in which it may be asked."""

    serve: "Callable[[Hub, Session, Any], None]"
    first_stage: Stage = Stage.ACTIVE
    last_stage: Stage = Stage.ACTIVE


COMMANDS: Final[dict[type, Command]] = {
    requests.Hello: Command(greet, Stage.CONNECTED, Stage.CONNECTED),
    requests.Ping: Command(say_pong, Stage.GREETED),
    requests.Status: Command(tell_status, Stage.GREETED),
    requests.SignOut: Command(sign_out, Stage.GREETED),
    requests.SignIn: Command(sign_in, Stage.GREETED, Stage.GREETED),
    requests.Activate: Command(activate, Stage.ON_STANDBY, Stage.ON_STANDBY),
    requests.Send: Command(send),
    requests.Edit: Command(change),
    requests.Delete: Command(change),
    requests.React: Command(change),
    requests.BeginUpload: Command(begin_upload),
    requests.Chunk: Command(take_chunk),
    requests.Download: Command(download),
    requests.CreateRoom: Command(archive),
    requests.JoinRoom: Command(archive),
    requests.LeaveRoom: Command(archive),
    requests.DeleteRoom: Command(archive),
    requests.RenameRoom: Command(archive),
    requests.SetTopic: Command(archive),
    requests.CreateGroup: Command(archive),
    requests.AddMember: Command(archive),
    requests.RemoveMember: Command(archive),
    requests.Administer: Command(archive),
    requests.Friend: Command(archive),
    requests.Friends: Command(tell_friends),
    requests.People: Command(tell_people),
    requests.ChangePassword: Command(archive_checked),
    requests.RevokeDevice: Command(archive),
    requests.Devices: Command(tell_devices),
    requests.Unregister: Command(archive_checked),
    # The operator is on standby: nothing is delivered, and no place is taken.
    requests.CreateInvite: Command(archive, Stage.ON_STANDBY),
    requests.TakeBackInvite: Command(archive, Stage.ON_STANDBY),
    requests.Invites: Command(tell_invites, Stage.ON_STANDBY),
    requests.SetStanding: Command(archive, Stage.ON_STANDBY),
    requests.ResetPassword: Command(archive, Stage.ON_STANDBY),
    requests.ChangeSettings: Command(archive, Stage.ON_STANDBY),
    requests.Accounts: Command(tell_accounts, Stage.ON_STANDBY),
    requests.Audit: Command(tell_audit, Stage.ON_STANDBY),
    requests.History: Command(tell_history),
    requests.Search: Command(search),
    requests.Mark: Command(take_mark),
    requests.Receipts: Command(tell_receipts),
    requests.Unread: Command(tell_unread),
    requests.Typing: Command(tell_typing),
    requests.Rooms: Command(tell_rooms),
    requests.Who: Command(tell_members),
}


def find_command(request: requests.AnyRequest, stage: Stage) -> Command | Refusal:
    """The command for a request, or why it cannot be asked at this stage."""
    command = COMMANDS[type(request)]
    if stage > command.last_stage:
        return Refusal("hello_again" if isinstance(request, requests.Hello) else "already_signed_in")
    if stage >= command.first_stage:
        return command
    if stage == Stage.CONNECTED:
        return Refusal("hello_first")
    return Refusal("on_standby" if stage == Stage.ON_STANDBY else "not_signed_in")
