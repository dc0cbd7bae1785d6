"""Files: names that are paths, sizes that are lies, hashes of something else, and bombs of zstd."""

import hashlib
from typing import Any, Final

import zstandard

from server.protocol import limits
from server.sessions.stages import Stage
from tests.conformance.bad_input import BadInput, asked, earlier, requests, with_counter
from tests.conformance.names import CONTENT, NO_FILE, SHA256, carrying

ZEROS: Final = "0" * 64
# A frame of a few hundred bytes that says it holds a gigabyte; and one that does not say.
BOMB: Final = zstandard.ZstdCompressor().compress(bytes(64 * 1024 * 1024))
SILENT_BOMB: Final = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1024 * 1024))
# One that wants 128 MiB of memory for a hundred bytes (RFC 8878, section 3.1.1).
WIDE: Final = b"\x28\xb5\x2f\xfd\x80" + bytes([17 << 3]) + (100).to_bytes(4, "little") + b"\x01\x00\x00"


def digest(content: bytes) -> str:
    """How a file is found."""
    return hashlib.sha256(content).hexdigest()


def begun(content: bytes, size: int | None = None) -> bytes:
    """The upload of a file has begun."""
    return earlier("begin_upload", sha256=digest(content), size=len(content) if size is None else size)


def chunk(sha256: str, raw: bytes, offset: int = 0, **more: Any) -> bytes:
    """A piece of it, with the raw bytes."""
    return asked("chunk", sha256=sha256, offset=offset, bytes=len(raw), **more) + b"\n" + raw


def sent(content: bytes) -> tuple[bytes, ...]:
    """The whole file, in one piece."""
    head = earlier("chunk", sha256=digest(content), offset=0, bytes=len(content))
    return begun(content), head + content


CONTENT_SENT: Final = sent(CONTENT)


def bad(sends: bytes, expected: str, *before: bytes) -> BadInput:
    """By somebody who sends nothing else: the number of files that somebody may send at once is small."""
    person = f"Sender {digest(b''.join(before))[:8]}" if before and b"begin" in before[0] else "Mallory"
    return BadInput("files", sends, expected, Stage.ACTIVE, person=person, before=before)


def message(**fields: Any) -> bytes:
    return asked("send", **with_counter("send", fields)) + b"\n"


FILES: Final[list[BadInput]] = [
    *requests(
        "files",
        [
            ("begin_upload", {"sha256": ZEROS, "size": limits.FILE_BYTES_MAX + 1}, "file_too_large"),
            ("begin_upload", {"sha256": ZEROS, "size": 2**53}, "file_too_large"),
            ("chunk", {"sha256": ZEROS[:-1] + "1", "offset": 0}, "unknown_upload"),
            ("download", {"room": "general", "sha256": ZEROS, "offset": 0}, "unknown_file"),
            ("download", {"room": "nowhere", "sha256": ZEROS, "offset": 0}, "unknown_room"),
            ("send", carrying("a.txt", sha256=ZEROS), "unknown_file"),
        ],
    ),
    bad(
        asked("begin_upload", sha256=ZEROS, size=1) + b"\n",
        "too_many_uploads",
        *[begun(b"%d" % number) for number in range(limits.UPLOADS_PER_PERSON_MAX)],
    ),
    # Lies about what comes.
    bad(chunk(digest(b"more"), b"much more"), "too_many_bytes", begun(b"more")),
    bad(chunk(digest(b"gap"), b"p", offset=2), "wrong_offset", begun(b"gap")),
    bad(chunk(digest(b"far"), b"", offset=2**53), "wrong_offset", begun(b"far")),
    bad(chunk(digest(b"right"), b"wrong"), "wrong_hash", begun(b"right")),
    bad(chunk(digest(b"twice"), b"twice"), "unknown_upload", *sent(b"twice")),
    # Packed: what it says of itself is looked at before anything is unpacked.
    bad(chunk(digest(b"bomb"), BOMB, is_packed=True), "bad_packed", begun(b"bomb", 1024)),
    bad(chunk(digest(b"silent"), SILENT_BOMB, is_packed=True), "bad_packed", begun(b"silent", 1024)),
    bad(chunk(digest(b"wide"), WIDE, is_packed=True), "bad_packed", begun(b"wide", 100)),
    bad(chunk(digest(b"no frame"), b"no frame", is_packed=True), "bad_packed", begun(b"no frame")),
    bad(chunk(digest(b"nothing"), b"", is_packed=True), "bad_packed", begun(b"nothing")),
    bad(
        chunk(digest(b"torn"), zstandard.compress(b"torn" * 99)[:-3], is_packed=True),
        "bad_packed",
        begun(b"torn", 396),
    ),
    # Names, once the file is there.
    *[bad(message(**carrying(name)), "bad_file_name", *CONTENT_SENT) for name in NO_FILE],
    bad(message(**carrying("a.txt", size=1)), "unknown_file", *CONTENT_SENT),
    bad(message(**carrying("a.txt", media_type="text/html; charset=x")), "bad_request"),
    bad(message(**carrying("a.txt", media_type="text/../..")), "bad_request"),
    bad(message(**carrying("a.txt", sha256=SHA256.upper())), "bad_request"),
    bad(message(**carrying("")), "bad_request"),
    bad(message(**carrying("x" * 1001)), "bad_request"),
]
