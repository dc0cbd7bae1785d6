"""The tables of docs/protocol.md, made from the code; run as a module it writes them into the document.

Everything around them is written by hand.
"""

import inspect
import re
import typing
from typing import Any, Final

import msgspec
from msgspec import inspect as shapes

from server.protocol import errors, events, limits, requests
from server.protocol.administration import AccountFacts, ActFacts, InviteFacts
from server.protocol.facts import (
    ConnectionFacts,
    DeviceFacts,
    FileFacts,
    FriendFacts,
    MemberFacts,
    MemberMark,
    RoomFacts,
    SearchHit,
    ServerFacts,
)
from server.protocol.requests import Cursor
from server.sessions.command_table import COMMANDS
from server.sessions.stages import Stage
from tests.documents.made_tables import table, write_tables
from tests.documents.other_errors import OTHER_ERRORS
from tests.source_tree import PROJECT

DOCUMENT: Final = PROJECT / "docs" / "protocol.md"

# What each request is answered with, when it is not an `error`.
ANSWERS: Final[dict[type, str]] = {
    requests.Hello: "`welcome`",
    requests.SignIn: "`signed_in`, `go_to`",
    requests.Activate: "`signed_in`, `go_to`",
    requests.Send: "`stored`",
    requests.Edit: "`stored`",
    requests.Delete: "`stored`",
    requests.React: "`stored`",
    requests.BeginUpload: "`upload_state`",
    requests.Chunk: "`upload_state`",
    requests.Download: "`file_piece`",
    requests.CreateRoom: "`stored`",
    requests.JoinRoom: "`stored`",
    requests.LeaveRoom: "`stored`",
    requests.DeleteRoom: "`stored`",
    requests.RenameRoom: "`stored`",
    requests.SetTopic: "`stored`",
    requests.CreateGroup: "`stored`",
    requests.AddMember: "`stored`",
    requests.RemoveMember: "`stored`",
    requests.Administer: "`stored`",
    requests.Friend: "`stored`",
    requests.Friends: "`friend_list`",
    requests.People: "`person_list`",
    requests.ChangePassword: "`stored`",
    requests.RevokeDevice: "`stored`",
    requests.Devices: "`device_list`",
    requests.Unregister: "`stored`",
    requests.CreateInvite: "`stored`",
    requests.TakeBackInvite: "`stored`",
    requests.Invites: "`invite_list`",
    requests.SetStanding: "`stored`",
    requests.ResetPassword: "`stored`",
    requests.ChangeSettings: "`stored`",
    requests.Accounts: "`account_list`",
    requests.Audit: "`audit_page`",
    requests.History: "`history_page`",
    requests.Search: "`search_page`",
    requests.Mark: "`noted`",
    requests.Receipts: "`room_receipts`",
    requests.Unread: "`unread_counts`",
    requests.Typing: "`noted`",
    requests.Rooms: "`room_list`",
    requests.Who: "`member_list`",
    requests.Status: "`status_facts`",
    requests.Ping: "`pong`",
    requests.SignOut: "`goodbye`",
}
STAGES: Final = {
    Stage.CONNECTED: "connected",
    Stage.GREETED: "greeted",
    Stage.ON_STANDBY: "on standby",
    Stage.ACTIVE: "active",
}
# Parts of events and requests that are objects, or arrays, of their own.
PARTS: Final[tuple[type[msgspec.Struct], ...]] = (
    requests.EpochEnd,
    Cursor,
    events.Sender,
    events.MessageRow,
    events.Extras,
    FileFacts,
    FriendFacts,
    RoomFacts,
    ServerFacts,
    MemberFacts,
    SearchHit,
    MemberMark,
    DeviceFacts,
    InviteFacts,
    AccountFacts,
    ActFacts,
    ConnectionFacts,
)
# In every one, or in no line at all.
OF_EVERY_ONE: Final = frozenset({"id", "bytes", "answer", "raw"})


def all_tables() -> dict[str, str]:
    """Every table with the name of what it is about."""
    tables = {"requests": request_table(), "errors": error_table(), "limits": limit_table()}
    tables["other_errors"] = other_error_table()
    for kind in (*typing.get_args(requests.AnyRequest), *typing.get_args(events.AnyEvent), *PARTS):
        fields = field_table(kind)
        if fields:
            tables[kind.__name__] = fields
    return tables


def request_table() -> str:
    """Which request may be asked when, and what answers it."""
    rows = []
    for kind in typing.get_args(requests.AnyRequest):
        command = COMMANDS[kind]
        stages = [
            name for stage, name in STAGES.items() if command.first_stage <= stage <= command.last_stage
        ]
        rows.append(f"| `{tag_of(kind)}` | {', '.join(stages)} | {ANSWERS[kind]} |")
    return table(("request", "may be asked when", "is answered with"), rows)


def error_table() -> str:
    """Every code."""
    rows = []
    for code, kind in errors.ERRORS.items():
        arguments = ", ".join(f"`{name}`" for name in kind.arguments)
        meaning = f"{kind.meaning}{' **Ends the connection.**' if kind.is_fatal else ''}"
        rows.append(f"| `{code}` | {arguments} | {meaning} |")
    return table(("code", "arguments", "meaning"), rows)


def other_error_table() -> str:
    """What brings those about that have no example."""
    rows = [
        f"| `{code}` | {cause} | `tests/{file}`: {name.removeprefix('test_').replace('_', ' ')} |"
        for code, (cause, file, name) in OTHER_ERRORS.items()
    ]
    return table(("code", "is brought by", "and shown by"), rows)


def limit_table() -> str:
    """Every limit with the reason that stands above it in the code; some share one."""
    rows = []
    reason: list[str] = []
    is_new = True
    for line in inspect.getsource(limits).splitlines():
        if line.startswith("# "):
            reason = [line[2:]] if is_new else [*reason, line[2:]]
        elif match := re.match(r"([A-Z_0-9]+): Final = ", line):
            rows.append(f"| `{match[1]}` | {getattr(limits, match[1]):,} | {' '.join(reason)} |")
        is_new = not line.startswith("#")
    return table(("limit", "value", "why"), rows)


def field_table(kind: type[msgspec.Struct]) -> str:
    """The fields of one object, beside those that every one has."""
    rows = []
    for field in msgspec.structs.fields(kind):
        if field.encode_name in OF_EVERY_ONE:
            continue
        words = type_words(shapes.type_info(field.type))
        rows.append(f"| `{field.encode_name}` | {words} | {default_words(field)} |")
    return table(("field", "type", "when it is left out"), rows) if rows else ""


def default_words(field: Any) -> str:
    """What a missing field means."""
    if field.required:
        return ""
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory()
    return f"`{msgspec.json.encode(value).decode()}`"


PLAIN_WORDS: Final[dict[type, str]] = {
    shapes.BoolType: "true or false",
    shapes.FloatType: "number",
    shapes.NoneType: "null",
}


def type_words(info: shapes.Type) -> str:
    """A type as people read it, with its bounds."""
    match info:
        case shapes.IntType(ge=low, le=high):
            return "integer" + (f", {low} to {high:,}" if high is not None else "")
        case shapes.StrType():
            return text_words(info)
        case shapes.LiteralType(values=values):
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case shapes.LiteralType(values=values):
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case shapes.BoolType() | shapes.FloatType() | shapes.NoneType():
            return PLAIN_WORDS[type(info)]
        case shapes.ListType() | shapes.VarTupleType() | shapes.TupleType():
            return list_words(info)
        case shapes.DictType(value_type=value):
            is_struct = isinstance(value, shapes.StructType)
            return f"object of {type_words(value)} by number" if is_struct else "object of texts and numbers"
        case shapes.UnionType(types=types):
            return " or ".join(type_words(part) for part in types)
        case shapes.StructType(cls=kind):
            return f"[`{kind.__name__}`](#{kind.__name__.lower()})"
        case _:
            raise AssertionError(f"no words for {info}")


def text_words(info: shapes.StrType) -> str:
    """A text as people read it."""
    longest = info.max_length
    if info.pattern is not None:
        return f"text that matches `{info.pattern}`" + (f", at most {longest} characters" if longest else "")
    return "text" if longest is None else f"text of {info.min_length or 0} to {longest} characters"


def list_words(info: shapes.ListType | shapes.VarTupleType | shapes.TupleType) -> str:
    """A list as people read it."""
    if isinstance(info, shapes.TupleType):
        return f"list of {' and '.join(map(type_words, info.item_types))}"
    longest = f", at most {info.max_length} of them" if info.max_length else ""
    return f"list of {type_words(info.item_type)}{longest}"


def tag_of(kind: type[msgspec.Struct]) -> str:
    """The name of a request or event on the wire."""
    return str(kind.__struct_config__.tag)


def kinds_of(union: Any) -> dict[str, type[msgspec.Struct]]:
    """Requests or events by their names on the wire."""
    return {tag_of(kind): kind for kind in typing.get_args(union)}


if __name__ == "__main__":
    write_tables(DOCUMENT, all_tables())
