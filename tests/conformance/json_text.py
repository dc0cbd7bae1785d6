"""JSON: what is no object, depth, numbers, keys that stand twice, and half characters."""

from typing import Final

from server.protocol import limits
from tests.conformance.bad_input import BadInput, lines

DEPTH: Final = limits.JSON_DEPTH_MAX


def deep(levels: int) -> bytes:
    """A request with lists in lists."""
    return b'{"request":"ping","id":77,"x":' + b"[" * levels + b"]" * levels + b"}"


def with_id(text: bytes) -> bytes:
    """A request whose id is written so."""
    return b'{"request":"ping","id":' + text + b"}"


JSON_TEXT: Final[list[BadInput]] = [
    *lines(
        "json",
        [
            # What is no JSON object.
            *[
                (text, "bad_json")
                for text in (b"hello", b"{", b"}", b"null", b"true", b"1", b'"ping"', b"[]")
            ],
            *[
                (text, "bad_json")
                for text in (b"-", b"0x10", b"NaN", b"'", b'"', b"\\", b",", b":", b"//", b"#")
            ],
            (b'[{"request":"ping","id":1}]', "bad_json"),
            (b'{"request":"ping","id":1}{"request":"ping","id":2}', "bad_json"),
            (b'{"request":"ping","id":1} {}', "bad_json"),
            (b'{"request":"ping","id":1},', "bad_json"),
            (b'{"request":"ping","id":1,}', "bad_json"),
            (b'{"request":"ping",,"id":1}', "bad_json"),
            (b'{"request":"ping" "id":1}', "bad_json"),
            (b'{"request":"ping":"id":1}', "bad_json"),
            (b'{"request":"ping","id":1', "bad_json"),
            (b'{"request":"ping","id":1]', "bad_json"),
            (b"{'request':'ping','id':1}", "bad_json"),
            (b'{request:"ping",id:1}', "bad_json"),
            (b'{"request":"ping","id":1} // a comment', "bad_json"),
            (b'{"request":"ping",/* a comment */"id":1}', "bad_json"),
            (b'{"request":"ping","id":1,"x":undefined}', "bad_json"),
            (b'{"request":"ping","id":1,"x":True}', "bad_json"),
            (b'{"request":"ping","id":1,"x":"\x01"}', "bad_json"),
            (b'{"request":"ping","id":1,"x":"\x00"}', "bad_json"),
            (b'{"request":"ping","id":1,"x":"\\x41"}', "bad_json"),
            (b'{"request":"ping","id":1,"x":"\\u12"}', "bad_json"),
            (b'{"request":"ping","id":1,"x":"\\u12G4"}', "bad_json"),
            (b'{"request":"ping","id":1,"x":"\\"}', "bad_json"),
            # Halves of a character, written out.
            (b'{"request":"ping","id":1,"x":"\\ud800"}', "bad_json"),
            (b'{"request":"hello","id":1,"versions":[1],"client":"\\ud800"}', "bad_json"),
            (b'{"request":"hello","id":1,"versions":[1],"client":"\\udc00\\ud800"}', "bad_json"),
            (b'{"request":"hello","id":1,"versions":[1],"client":"\\ud83dx"}', "bad_json"),
            # Depth, counted before anything is decoded.
            (deep(DEPTH - 1), "pong"),
            (deep(DEPTH), "too_deep"),
            (deep(1_500), "too_deep"),
            (b"[" * 4_000, "too_deep"),
            (b'{"a":' * 700, "too_deep"),
            (b'{"a":[' * 500, "too_deep"),
            (b'{"request":"ping","id":77,"x":"' + b"[" * 1_000 + b'"}', "pong"),
            (b'{"request":"ping","id":77,"x":"\\"' + b"[" * 1_000 + b'"}', "pong"),
            # Numbers.
            *[
                (with_id(text), "bad_json")
                for text in (b"NaN", b"Infinity", b"-Infinity", b"01", b"1.", b".5")
            ],
            *[(with_id(text), "bad_json") for text in (b"+1", b"1e", b"0x1", b"1_000", b"--1", b"1e400")],
            *[
                (with_id(text), "bad_request")
                for text in (b"0", b"-1", b"1.5", b"true", b"null", b'"1"', b"[1]")
            ],
            *[
                (with_id(b"%d" % number), "bad_request")
                for number in (2**53 + 1, 2**63, 2**64, 10**40, -(2**63))
            ],
            (with_id(b"9" * 3_000), "bad_request"),
            (with_id(b"0." + b"0" * 3_000 + b"1"), "bad_request"),
            (with_id(b"1e-400"), "bad_request"),
            (with_id(b"%d" % 2**53), "pong"),
            (with_id(b"7e1"), "bad_request"),
            # Which request it is.
            (b"{}", "bad_request"),
            (b'{"id":1}', "bad_request"),
            (b'{"request":"ping"}', "bad_request"),
            *[
                (b'{"request":' + kind + b',"id":1}', "bad_request")
                for kind in (b"null", b"1", b"1.5", b"true", b"{}", b'["ping"]', b'{"ping":1}')
            ],
            *[
                (b'{"request":"' + name + b'","id":1}', "unknown_request")
                for name in (
                    b"",
                    b"Ping",
                    b"ping ",
                    b"fly",
                    b"__class__",
                    b"drop table",
                    b"../ping",
                    b"x" * 3_000,
                )
            ],
            ('{"request":"píng","id":1}'.encode(), "unknown_request"),
            (b'{"request":"ping\\u0000","id":1}', "unknown_request"),
            (b'{"request":"\\u0070ing","id":77}', "pong"),
            # Keys that stand twice: the last one counts, for there is one parser.
            (b'{"request":"ping","id":1,"id":77}', "pong"),
            (b'{"request":"ping","id":77,"id":0}', "bad_request"),
            (b'{"request":"ping","id":77,"x":1,"x":{"y":[]}}', "pong"),
            (b'{"id":77,"request":"ping"}', "pong"),
            (b'{"request":"ping","id":77,"__proto__":{"id":1}}', "pong"),
        ],
    ),
]
