"""The made parts of docs/replication.md: tables, the diagram of roles, a split that the real engine plays.

Run as a module it writes them into the document.
"""

import inspect
import re
import typing
from typing import Any, Final

import msgspec

from server.archive.record import Record
from server.cluster.file_messages import FileMessage
from server.cluster.pairing_messages import PairingMessage
from server.cluster.peer_frames import Challenge, Declined, HandedOver, HandOver, Known, Proof
from server.replication.alarms import ALARMS
from server.replication.messages import Message
from server.replication.replica import TRANSITIONS
from server.replication.settings import Settings
from server.sessions.facts import PeerNews
from tests.documents.made_tables import table, write_tables
from tests.replication.drafts import device, message
from tests.replication.servers import Server, Servers
from tests.source_tree import PROJECT

DOCUMENT: Final = PROJECT / "docs" / "replication.md"
_DIRECTION: Final = re.compile(r"(Both ways|[A-Z]\w+ to \w+)(?:, [^:]*)?: (.*)")
_COLUMN: Final = 8

# What servers say to each other, by the name of its table.
MESSAGES: Final[dict[str, tuple[Any, ...]]] = {
    "greetings": (Challenge, Proof, Declined),
    "messages": typing.get_args(Message),
    "people": typing.get_args(PeerNews),
    "files": typing.get_args(FileMessage),
    "handing_over": (Known, HandOver, HandedOver),
    "pairing": typing.get_args(PairingMessage),
}


def all_tables() -> dict[str, str]:
    """Every made part with its name."""
    return {
        **{name: message_table(kinds) for name, kinds in MESSAGES.items()},
        "roles": role_diagram(),
        "times": time_table(),
        "alarms": alarm_table(),
        "split": f"```\n{played_split()}\n```",
    }


def message_table(kinds: tuple[Any, ...]) -> str:
    """What one server says to another about something."""
    rows = []
    for kind in kinds:
        found = _DIRECTION.match(" ".join((inspect.getdoc(kind) or "").split()))
        assert found, f"the docstring of {kind.__name__} does not say who says it to whom"
        sender, receiver = _ends(found[1])
        rows.append(f"| `{kind.__struct_config__.tag}` | {sender} | {receiver} | {found[2]} |")
    return table(("message", "from", "to", "meaning"), rows)


def role_diagram() -> str:
    """The roles and what leads from one to another (Mermaid)."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> recovering: the server starts"]
    lines += [f"    {before} --> {after}: {why}" for before, after, why in TRANSITIONS]
    return "\n".join([*lines, "```"])


def time_table() -> str:
    """The times of the pair, with the reasons that stand in the code."""
    source = inspect.getsource(Settings)
    rows = []
    for field in msgspec.structs.fields(Settings):
        reason = re.search(rf"((?:    # .*\n)+)    {field.name}:", source)
        if field.name.endswith("_s") and reason:
            words = " ".join(line.strip("# \n") for line in reason[1].splitlines())
            rows.append(f"| `{field.name}` | {field.default:g} s | {words} |")
    return table(("time", "value", "why"), rows)


def alarm_table() -> str:
    """What an administrator may read in `status` and in the log."""
    return table(("alarm", "what it says"), [f"| `{code}` | {text} |" for code, text in ALARMS.items()])


# --- a split, played


def played_split() -> str:
    """Two engines that are cut off from each other, and what their logs hold before and after."""
    pair = Servers()
    for name in ("a", "b"):
        pair.start(name)
    pair.connect()
    pair.wait(0.2)
    a, b = pair.running["a"], pair.running["b"]
    a.ask(device("anna"), device("ben"))
    pair.wait(0.2)
    b.ask(message("anna", 1))
    pair.wait(0.2)
    pair.disconnect()
    pair.wait(1.5)
    a.ask(message("anna", 2), message("anna", 3))
    b.ask(message("ben", 1), message("ben", 2))
    pair.settle()
    lines = ["while they are cut off", *_shown(a), *_shown(b)]
    pair.connect()
    pair.wait(0.5)
    return "\n".join([*lines, "", "after they met", *_shown(a), *_shown(b)])


def _shown(server: Server) -> list[str]:
    cells = [_cell(record) for record in server.reader.all_records()]
    return [f"  log of {server.name.upper()}  " + "".join(cell.ljust(_COLUMN) for cell in cells).rstrip()]


def _cell(record: Record) -> str:
    epoch, name, counter = record.header.epoch, *record.id
    if record.is_epoch:
        return f"E{epoch.counter}{epoch.server}({len(record.members())})"
    mark = "*" if record.header.origin else ""
    return f"{name[0]}{counter}{mark}"


def _ends(direction: str) -> tuple[str, str]:
    if direction == "Both ways":
        return "each", "the other"
    sender, _, receiver = direction.partition(" to ")
    return sender.lower(), receiver


if __name__ == "__main__":
    write_tables(DOCUMENT, all_tables())
