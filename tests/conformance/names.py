"""Names of people, rooms, devices and files: paths, directions, look-alikes, reserved words."""

import hashlib
from typing import Any, Final

from server.sessions.stages import Stage
from tests.conformance.bad_input import BadInput, requests

# Each is wrong as a room's name: ``[a-z0-9._-]{3,32}``.
NO_ROOM: Final = [
    *["a", "ab", "x" * 33, "x" * 64, "Upper", "two words", " led", "trail ", "tab\tbed", "line\nend"],
    *[
        "../../etc/passwd",
        "..\\..\\windows",
        "/etc",
        "c:\\con",
        "a/b",
        "a\\b",
        "~root",
        "a:b",
        "$HOME",
        "%00",
    ],
    *[
        "a\u202eb c",
        "abc\u200b",
        "abc\u2066",
        "abc\ufeff",
        "abc\u0000",
        "abc\u001b[2J",
        "abc\u0085",
        "\u2028abc",
    ],
    *[
        "ümlaut",
        "ａｂｃ",
        "абв",
        "𝐚𝐛𝐜",
        "abc😀",
        "e\u0301tude",
        "<b>abc</b>",
        "'; drop table rooms; --",
        "abc\n",
    ],
]
# Odd, and a name all the same: no name is ever a path here.
A_ROOM: Final = ["...", "con", "nul.txt", "-rf", "--help", "..-..", "constructor", "proto", "0000", "x" * 32]
# Each is wrong as a person's name.
NOBODY: Final = [
    *["x" * 33, "   ", "...", "-", "'", "\u00a0", "\u3000", "_._"],
    *[
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "c:\\x",
        "a*b",
        'a"b',
        "a<b>",
        "a|b",
        "a?b",
        "a@b",
        "a#b",
        "a;b",
        "a%b",
    ],
    *["a\u0000b", "a\u0007b", "a\u001b[31mb", "a\u007fb", "a\u200bb", "a\u200db", "a\u2060b"],
    *[
        "a\u202eb",
        "a\u2066b",
        "a\u061cb",
        "\ufeffab",
        "a\ue000b",
        "a\U000e0041b",
        "a\ufffeb",
        "😀",
        "a😀b",
        "a\u00adb",
    ],
]
# Odd, and somebody all the same.
SOMEBODY: Final = [
    "CON",
    "nul.txt",
    "O'Neil",
    "-rf x",
    "李小龙",
    "Ægir",
    "محمد",
    "e\u0301va",
    "two\nlines",
    "a\u0085b",
    "a  b",
    "0",
]
# Each is wrong as a file's name, where something would store it under that name.
NO_FILE: Final = [
    *["../../etc/passwd", "..", ".", ".bashrc", "/etc/passwd", "a/b", "a\\b", "C:\\con", "file:///x"],
    *["con", "CON.txt", "nul", "aux.c", "com1", "LPT9.log", 'a"b', "a<b", "a>b", "a|b", "a?b", "a*b", "a:b"],
    *["a\u0000b", "a\nb", "a\u001bb", "a\u202egpj.exe", "a\u200bb", "a\u2066b", "x" * 121, "e\u0301.txt"],
    *[" a", "a ", "a."],
]


def signing_in(name: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A stranger with a device of its own."""
    seed = hashlib.sha256(repr((name, more)).encode()).hexdigest()
    return "sign_in", {"name": name, "device": seed[:32], "secret": seed, **more}


NAMES: Final[list[BadInput]] = [
    *requests("names", [("create_room", {"name": name}, "bad_room_name") for name in NO_ROOM]),
    *requests("names", [("create_room", {"name": name}, "stored") for name in A_ROOM]),
    *requests("names", [("create_room", {"name": "general"}, "room_name_taken")]),
    *requests("names", [(*signing_in(name), "bad_name") for name in NOBODY], Stage.GREETED),
    *requests("names", [(*signing_in(name), "signed_in") for name in SOMEBODY], Stage.GREETED),
    *requests(
        "names",
        [
            (*signing_in("Labelled", device_name=label), "signed_in")
            for label in ["../../x", "a\u202eb", "\u0000", "\u001b[2J", " " * 64, "😀" * 64]
        ],
        Stage.GREETED,
    ),
]


# The content whose hash a message with a file must know; the row before sends it.
CONTENT: Final = b"what is in the file"
SHA256: Final = hashlib.sha256(CONTENT).hexdigest()


def carrying(name: str, **more: Any) -> dict[str, Any]:
    """The fields of a message with a file."""
    facts = {"sha256": SHA256, "size": len(CONTENT), "name": name, **more}
    return {"room": "general", "text": "", "time_ms": 1, "file": facts}
