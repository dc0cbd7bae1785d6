"""UTF-8: the stress list of Markus Kuhn, and what is allowed at its borders."""

from typing import Final

from tests.conformance.bad_input import ASKED_ID, BadInput, lines

# Sections 3 to 5 of https://www.cl.cam.ac.uk/~mgk25/ucs/examples/UTF-8-test.txt
WRONG: Final = [
    # 3.1 Bytes that continue nothing.
    *[b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80", bytes(range(0x80, 0xC0))],
    # 3.2 Beginnings alone.
    *[b"\xc3 ", b"\xe2 ", b"\xf0 ", b"\xf8 ", b"\xfc "],
    # 3.3 Sequences without their last byte.
    *[b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80"],
    *[b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xe2\x82", b"\xf0\x9f\x98"],
    # 3.5 Bytes that never are.
    *[b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"],
    # 4.1 A slash that is longer than it needs to be.
    *[
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xf8\x80\x80\x80\xaf",
        b"\xfc\x80\x80\x80\x80\xaf",
    ],
    # 4.2 The last ones that are too long.
    *[b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf"],
    # 4.3 Nothing, in too many bytes.
    *[b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80"],
    # 5.1 and 5.2 Halves of UTF-16, one and two.
    *[b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbf\xbf"],
    *[b"\xed\xa0\x80\xed\xb0\x80", b"\xed\xaf\xbf\xed\xbf\xbf"],
    # Beyond the last character.
    *[b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80"],
    # Other encodings.
    *["ñ".encode("latin-1"), "пароль".encode("cp1251"), "暗号".encode("shift_jis")],
]
# Section 2 and 5.3: the first and the last of each length, and what is no character but has a code.
RIGHT: Final = [
    *[b"\xc2\x80", b"\xdf\xbf", b"\xe0\xa0\x80", b"\xef\xbf\xbd", b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf"],
    *[b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xef\xb7\x90"],
]


def in_a_field(data: bytes, name: bytes) -> bytes:
    """A request with these bytes in one of its texts."""
    return b'{"request":"ping","id":%d,"%s":"%s"}' % (ASKED_ID, name, data)


UTF8: Final[list[BadInput]] = [
    *lines("utf8", [(in_a_field(data, b"unknown"), "bad_utf8") for data in WRONG]),
    *lines("utf8", [(in_a_field(data, b"unknown"), "pong") for data in RIGHT]),
    *lines(
        "utf8",
        [
            (b'{"request":"\xff","id":1}', "bad_utf8"),
            (b'{"\xff":1,"request":"ping","id":1}', "bad_utf8"),
            (b'{"request":"ping","id":\xff}', "bad_utf8"),
            (b"\x00\x01\x02\xfe\xff", "bad_utf8"),
            (b"\xff\xfe{\x00}\x00", "bad_utf8"),
            (b"\xef\xbb\xbf" + b'{"request":"ping","id":1}', "bad_json"),
            ('{"request":"ping","id":1}'.encode("utf-16"), "bad_utf8"),
            ('{"request":"ping","id":1}'.encode("utf-32-le").replace(b"\n", b""), "bad_json"),
        ],
    ),
]
