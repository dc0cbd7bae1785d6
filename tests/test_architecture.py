"""Who may import whom: this table is the document, and the test holds the code to it.

Read it from the bottom up: what stands lower in a block is used by what stands higher. A room that is not
in the table may not exist; a line may be there before its room is.
"""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.source_tree import imports_of, module_of, parsed, python_files, room_of, rooms, shown

WORDS = {"server.protocol"}  # the words of the wire
TEXTS = {"server.i18n"}  # what people read, in their language
CLIENT_SIDE = {"server.client", "server.i18n", "server.names", "server.network", "server.protocol"}

MAY_IMPORT: dict[str, set[str]] = {
    # The programs: a command may wire anything together, nothing imports a command.
    "server.__main__": {"server.commands"},
    "server.commands": {
        "server.accounts",
        "server.archive",
        "server.cluster",
        "server.config",
        "server.engine",
        "server.node",
        "server.replication",
        "server.sessions",
        "server.state",
        "server.terminal",
        "server.torture",
        *CLIENT_SIDE,
    },
    "server.torture": {"server.archive", "server.cluster", "server.state", *CLIENT_SIDE},
    "server.terminal": CLIENT_SIDE,
    # One server, from its composition down to its log.
    "server.node": {
        "server.accounts",
        "server.archive",
        "server.cluster",
        "server.config",
        "server.engine",
        "server.engine_thread",
        *TEXTS,
        "server.metrics",
        "server.names",
        "server.network",
        "server.node_archive",
        "server.open_files",
        "server.protocol",
        "server.replication",
        "server.sessions",
        "server.state",
    },
    "server.node_archive": {
        "server.archive",
        "server.cluster",
        "server.config",
        "server.engine",
        *TEXTS,
        "server.mending",
        "server.opening",
        "server.replication",
    },
    "server.opening": {
        "server.archive",
        "server.engine",
        *TEXTS,
        "server.mending",
        "server.replication",
        "server.state",
    },
    "server.open_files": {*TEXTS},
    "server.mending": {"server.archive", *WORDS, "server.replication", "server.state"},
    "server.config": {
        *TEXTS,
        "server.names",
        "server.protocol",
        "server.sessions",
    },  # for its policies' names
    "server.sessions": {
        "server.accounts",
        "server.archive",
        "server.engine",
        "server.gateways",
        *TEXTS,
        "server.network",
        "server.protocol",
        "server.replication",
        "server.state",
    },
    "server.cluster": {
        "server.accounts",
        "server.archive",
        "server.engine",
        *TEXTS,
        "server.names",
        "server.network",
        "server.protocol",
        "server.replication",
        "server.sessions",  # for the facts that the two servers tell each other, and the files of people
        "server.state",
    },
    "server.engine_thread": {
        "server.archive",
        "server.engine",
        "server.network",
        "server.replication",
        "server.state",
    },
    "server.engine": {"server.archive", "server.protocol", "server.replication", "server.state"},
    "server.replication": {"server.archive", *TEXTS},
    "server.state": {"server.archive", *WORDS},
    "server.archive": {*TEXTS, *WORDS},
    "server.gateways": WORDS,
    "server.accounts": {*TEXTS, *WORDS},
    "server.metrics": set(),
    # What both programs use. Nothing here may reach for a room above: the window carries these five.
    "server.network": {"server.client", *TEXTS, "server.names", "server.protocol"},
    "server.client": {"server.names", "server.protocol"},
    "server.names": {*TEXTS, *WORDS},
    "server.protocol": set(),
    "server.i18n": set(),
    # The window: what the thread brings flows network → store → view models → widgets.
    "desktop_chat.__main__": {"desktop_chat.app", "desktop_chat.hosting", "desktop_chat.i18n"},
    "desktop_chat.app": {
        "desktop_chat.dialogs",
        "desktop_chat.event_pump",
        "desktop_chat.gui_events",
        "desktop_chat.hosting",
        "desktop_chat.i18n",
        "desktop_chat.network",
        "desktop_chat.network_requests",
        "desktop_chat.settings",
        "desktop_chat.store",
        "desktop_chat.theme",
        "desktop_chat.view_models",
        "desktop_chat.widgets",
        *CLIENT_SIDE,
    },
    "desktop_chat.dialogs": {
        "desktop_chat.i18n",
        "desktop_chat.settings",
        "desktop_chat.theme",
        "desktop_chat.view_models",
        "desktop_chat.widgets",
        "server.names",
    },
    "desktop_chat.widgets": {
        "desktop_chat.i18n",
        "desktop_chat.theme",
        "desktop_chat.view_models",
    },
    "desktop_chat.view_models": {
        "desktop_chat.gui_events",
        "desktop_chat.i18n",
        "desktop_chat.store",
        "desktop_chat.theme",  # for its palettes, which are plain data
        "server.names",
        "server.protocol",
    },
    "desktop_chat.theme": {"desktop_chat.settings"},
    "desktop_chat.network": {
        "desktop_chat.gui_events",
        "desktop_chat.network_requests",
        "desktop_chat.store",
        *CLIENT_SIDE,
    },
    "desktop_chat.hosting": {"desktop_chat.i18n", "desktop_chat.settings", "server.names"},
    "desktop_chat.store": {"server.client", "server.names", "server.network", "server.protocol"},
    "desktop_chat.event_pump": {"desktop_chat.gui_events"},
    "desktop_chat.gui_events": {"server.client", "server.protocol"},
    "desktop_chat.network_requests": {"server.client", "server.names", "server.protocol"},
    "desktop_chat.settings": {"desktop_chat.i18n"},
    "desktop_chat.i18n": TEXTS,
}

# Rooms that only compute: what they need of the world is passed in, so that one seed replays a run.
PURE_ROOMS = {
    "server.client",
    "server.engine",
    "server.gateways",
    "server.protocol",
    "server.replication",
    "server.state",
}
THE_WORLD = {
    *("asyncio", "concurrent", "multiprocessing", "select", "selectors", "signal", "subprocess", "threading"),
    *("os", "pathlib", "shutil", "sqlite3", "tempfile"),
    *("http", "socket", "ssl", "urllib"),
    *("random", "secrets", "time", "uuid"),
}

DRAWING_ROOMS = {
    "desktop_chat.app",
    "desktop_chat.dialogs",
    "desktop_chat.event_pump",
    "desktop_chat.theme",
    "desktop_chat.widgets",
}
ONLY_IN: dict[str, set[str]] = {
    "tkinter": DRAWING_ROOMS,
    "ttkbootstrap": DRAWING_ROOMS,
    "PIL": DRAWING_ROOMS,
    # Making certificates is heavy to import; trusting them is done by ssl in server.network.
    "cryptography": {"server.accounts"},
    "argon2": {"server.accounts"},
    "zxcvbn": {"server.accounts"},
    "zstandard": {"server.protocol"},
    "ssl": {"server.network"},
    "uvloop": {"server.network"},
    "prompt_toolkit": {"server.terminal"},
    "zeroconf": {"server.names"},
    "click": {"server.__main__", "server.commands", "server.terminal", "desktop_chat.__main__"},
}

# What they answer grows with every version of Unicode.
GROWING = {
    *("isprintable", "isalnum", "isalpha", "isdigit", "isdecimal", "isnumeric", "isidentifier"),
    *("islower", "isupper", "istitle", "category", "bidirectional", "combining", "decomposition"),
}
# The one keeps only ASCII, the other changes nothing that is archived or kept.
ASK_OF_ASCII_OR_AFTERWARDS = {"classic_names.py", "mentions.py"}


def test_every_room_is_in_the_table() -> None:
    assert set(rooms()) <= set(MAY_IMPORT), "a new room needs a line in the table above"


def test_the_table_has_no_circle() -> None:
    TopologicalSorter(MAY_IMPORT).prepare()


def test_the_window_carries_only_five_rooms_of_the_server() -> None:
    carried = {
        used
        for room, allowed in MAY_IMPORT.items()
        if room.startswith("desktop_chat.")
        for used in allowed
        if used.startswith("server.")
    }
    assert carried <= CLIENT_SIDE
    for room in CLIENT_SIDE:
        assert MAY_IMPORT[room] <= CLIENT_SIDE


@pytest.mark.parametrize("package", ["server", "desktop_chat"])
def test_rooms_import_only_what_the_table_allows(package: str) -> None:
    wrong = set()
    for path in python_files(package):
        room = room_of(module_of(path))
        for used in imports_of(path):
            other = room_of(used.module)
            is_ours = other.startswith(("server.", "desktop_chat."))
            if is_ours and other != room and other not in MAY_IMPORT.get(room, set()):
                wrong.add(f"{shown(path)}:{used.line}: {room} may not import {other}")
    assert not wrong, "\n" + "\n".join(sorted(wrong))


def names_only_the_type_of_generators(path: Path) -> bool:
    """`random.Random` as a type says that a generator is passed in; calling it, or anything else, draws."""
    called = {id(node.func) for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)}
    uses = [
        node
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "random"
    ]
    return all(use.attr == "Random" and id(use) not in called for use in uses)


def test_pure_rooms_touch_nothing_of_the_world() -> None:
    wrong = [
        f"{shown(path)}:{used.line}: a pure room imports {used.module}"
        for path in python_files("server")
        if room_of(module_of(path)) in PURE_ROOMS
        for used in imports_of(path)
        if used.module.partition(".")[0] in THE_WORLD and not used.is_for_types
        if used.module != "random" or not names_only_the_type_of_generators(path)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_heavy_packages_stay_in_their_rooms() -> None:
    wrong = [
        f"{shown(path)}:{used.line}: {used.module} belongs in {sorted(ONLY_IN[top])}"
        for path in python_files("server", "desktop_chat")
        for used in imports_of(path)
        if (top := used.module.partition(".")[0]) in ONLY_IN and not used.is_for_types
        if room_of(module_of(path)) not in ONLY_IN[top]
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_verdict_hangs_on_the_characters_that_a_python_knows() -> None:
    """Those grow with it: `server/protocol/characters.py` says what a character is."""
    judging = [path for path in python_files("server") if room_of(module_of(path)) == "server.state"]
    names = {"server.protocol.names", "server.protocol.emoji", "server.protocol.characters"}
    judging += [path for path in python_files("server") if module_of(path) in names]
    wrong = [
        f"{shown(path)}:{node.lineno}: asks the interpreter by .{node.attr}"
        for path in judging
        if path.name not in ASK_OF_ASCII_OR_AFTERWARDS
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in GROWING
    ]
    assert not wrong, "\n" + "\n".join(wrong)
