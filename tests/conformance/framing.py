"""Frames: where a line ends, how long it may be, and how many raw bytes follow it."""

from typing import Final

from server.protocol import limits
from server.sessions.stages import Stage
from tests.conformance.bad_input import ASKED_ID, BadInput, lines

PING: Final = b'{"request":"ping","id":%d}' % ASKED_ID
SHORT: Final = limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN
LONG: Final = limits.FRAME_BYTES_MAX
CHUNK: Final = limits.CHUNK_BYTES_MAX


def announced(count: bytes) -> bytes:
    """A request that says how many raw bytes follow it."""
    return PING[:-1] + b',"bytes":' + count + b"}"


def streams(rows: list[tuple[bytes, str]], stage: Stage) -> list[BadInput]:
    """As they are: with or without an end of the line."""
    return [BadInput("framing", data, expected, stage) for data, expected in rows]


FRAMING: Final = [
    # Too long, whether it ends or not; the last length that is none.
    *streams(
        [
            (PING.ljust(SHORT) + b"\n", "pong"),
            (PING.ljust(SHORT + 1) + b"\n", "frame_too_long"),
            (b" " * SHORT + PING + b"\n", "frame_too_long"),
            (b"x" * (SHORT + 1), "frame_too_long"),
            (b"\x00" * (SHORT + 1), "frame_too_long"),
            (b"x" * 100_000, "frame_too_long"),
            (b"x" * 100_000 + b"\n" + PING + b"\n", "frame_too_long"),
            (b"[" * 1_000_000, "frame_too_long"),
            (b"\r" * (SHORT + 1), "frame_too_long"),
        ],
        Stage.GREETED,
    ),
    *streams(
        [(b"x" * (SHORT + 1) + b"\n", "frame_too_long"), (b"\xff" * (SHORT + 1), "frame_too_long")],
        Stage.CONNECTED,
    ),
    *streams(
        [
            (PING.ljust(LONG) + b"\n", "pong"),
            (PING.ljust(LONG + 1) + b"\n", "frame_too_long"),
            (b"x" * (LONG + 1), "frame_too_long"),
            (b'{"request":"' + b"p" * LONG, "frame_too_long"),
        ],
        Stage.ACTIVE,
    ),
    # Ends of lines, and lines of nothing.
    *streams(
        [
            (b"\n" * 2000 + PING + b"\n", "pong"),
            (b"\r\n" * 2000 + PING + b"\r\n", "pong"),
            (PING + b"\r\r\r\n", "pong"),
            (b" \t" + PING + b"\t \n", "pong"),
            (b"\n\x00\n", "bad_json"),
            (b"\x0b\n", "bad_json"),
            (PING[:-1] + b"\n", "bad_json"),
            (PING.replace(b",", b",\n") + b"\n", "bad_json"),
            (PING + b"\r" + PING + b"\n", "bad_json"),
            (b"\xe2\x80\xa8" + PING + b"\n", "bad_json"),
        ],
        Stage.GREETED,
    ),
    # Greetings of other protocols inside the encryption.
    *lines(
        "framing",
        [
            (b"GET / HTTP/1.1", "bad_json"),
            (b"POST /api HTTP/1.0", "bad_json"),
            (b"PRI * HTTP/2.0", "bad_json"),
            (b"SSH-2.0-OpenSSH_9.2", "bad_json"),
            (b"EHLO example.com", "bad_json"),
            (b"NICK mallory", "bad_json"),
            (b"CONNECT {}", "bad_json"),
            (b"\x05\x01\x00", "bad_json"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "bad_utf8"),
            (b"\x00\x00\x00\x05hello", "bad_json"),
            (b"<?xml version='1.0'?>", "bad_json"),
        ],
        Stage.CONNECTED,
    ),
    # Raw bytes of which nobody knows how many, or too many: nothing behind the line can be read.
    *lines(
        "framing",
        [
            (announced(b"-1"), "bad_bytes"),
            (announced(b"-0"), "pong"),
            (announced(b"%d" % (CHUNK + 1)), "bad_bytes"),
            (announced(b"%d" % (2**31 - 1)), "bad_bytes"),
            (announced(b"%d" % 2**31), "bad_bytes"),
            (announced(b"%d" % 2**63), "bad_bytes"),
            (announced(b"%d" % 2**64), "bad_bytes"),
            (announced(b"9" * 300), "bad_bytes"),
            (announced(b"1.5"), "bad_bytes"),
            (announced(b"1e3"), "bad_bytes"),
            (announced(b'"7"'), "bad_bytes"),
            (announced(b"null"), "bad_bytes"),
            (announced(b"true"), "bad_bytes"),
            (announced(b"[7]"), "bad_bytes"),
            (announced(b"{}"), "bad_bytes"),
        ],
    ),
    # Raw bytes that nobody asked for are passed over, whatever is in them.
    *streams(
        [
            (announced(b"1") + b"\n\n", "unexpected_bytes"),
            (announced(b"9") + b"\n\n{\xff\x00}\n\n\n\n", "unexpected_bytes"),
            (announced(b"%d" % len(PING)) + b"\n" + PING, "unexpected_bytes"),
            (announced(b"%d" % SHORT) + b"\n" + b"\xff" * SHORT, "unexpected_bytes"),
            (announced(b"%d" % (SHORT + 1)) + b"\n" + b"\xff" * SHORT, "bad_bytes"),
            (announced(b"%d" % CHUNK) + b"\n" + b"\xff" * CHUNK, "bad_bytes"),
        ],
        Stage.GREETED,
    ),
    *streams([(announced(b"%d" % CHUNK) + b"\n" + b"\xff" * CHUNK, "unexpected_bytes")], Stage.ACTIVE),
]
