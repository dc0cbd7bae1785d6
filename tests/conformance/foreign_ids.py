"""Foreign ids: rooms, devices and records that are not there, or are not one's own."""

from typing import Any, Final

from tests.conformance.bad_input import BadInput, requests

# Each is the id of no room.
NOWHERE: Final = [
    *[
        "nowhere",
        "General",
        "general ",
        " general",
        "#general",
        "0" * 16,
        "f" * 64,
        "-1",
        "0",
        "null",
        "*",
        "%",
    ],
    *[
        "../general",
        "general/../general",
        "general\u0000",
        "general\n",
        "gen\u200beral",
        "ｇeneral",
        "1 or 1=1",
    ],
    *["' or ''='", "'; drop table records; --", "${jndi:x}", "{{7*7}}", "general' --", '"', "\\", "x" * 64],
]
NOT_MINE: Final = "ab" * 16


def in_every_way(room: str) -> list[tuple[str, dict[str, Any], str]]:
    """All that can be asked about a room."""
    return [
        ("send", {"room": room, "text": "hello", "time_ms": 1}, "unknown_room"),
        ("join_room", {"room": room}, "unknown_room"),
        ("history", {"room": room}, "unknown_room"),
        ("search", {"room": room, "text": "hello"}, "unknown_room"),
        ("who", {"room": room}, "unknown_room"),
        ("receipts", {"room": room}, "unknown_room"),
        ("typing", {"room": room}, "unknown_room"),
        ("download", {"room": room, "sha256": "0" * 64, "offset": 1}, "unknown_room"),
        ("leave_room", {"room": room}, "unknown_room"),
        ("delete_room", {"room": room}, "unknown_room"),
        ("set_topic", {"room": room, "topic": "x"}, "unknown_room"),
    ]


FOREIGN_IDS: Final[list[BadInput]] = [
    *requests("foreign ids", [row for room in NOWHERE for row in in_every_way(room)]),
    *requests(
        "foreign ids",
        [
            ("join_room", {"room": "general"}, "already_a_member"),
            ("revoke_device", {"device": NOT_MINE}, "unknown_device"),
            ("revoke_device", {"device": "0" * 32}, "unknown_device"),
            ("status", {"hash_at": 2**53}, "unknown_index"),
            ("history", {"room": "general", "before": 0}, "history_page"),
            ("history", {"room": "general", "before": 2**53}, "history_page"),
            ("history", {"room": "general", "after": 2**53}, "history_page"),
            ("history", {"room": "general", "around": 0}, "history_page"),
            ("history", {"room": "general", "around": 2**53 - 1}, "history_page"),
            ("history", {"room": "general", "around": 2**53}, "history_page"),
            ("history", {"room": "general", "around": 2**53 + 1}, "bad_request"),
            ("history", {"room": "general", "around": -1}, "bad_request"),
            ("history", {"room": "general", "around": 1.5}, "bad_request"),
            ("history", {"room": "general", "around": "1"}, "bad_request"),
            ("history", {"room": "general", "around": [1]}, "bad_request"),
            ("history", {"room": "general", "around": 1, "limit": 0}, "bad_request"),
            ("history", {"room": "general", "around": 1, "limit": 201}, "bad_request"),
            ("history", {"room": "general", "around": 1, "limit": 1}, "history_page"),
            ("history", {"room": "nowhere", "around": 1}, "unknown_room"),
            ("history", {"room": "general", "before": 5, "after": 9}, "bad_request"),
            ("history", {"room": "general", "before": 5, "around": 5}, "bad_request"),
            ("history", {"room": "general", "after": 5, "around": 5}, "bad_request"),
            ("history", {"room": "general", "before": 0, "after": 0, "around": 0}, "bad_request"),
            ("history", {"room": "general", "before": None, "after": None, "around": 5}, "history_page"),
        ],
    ),
]
