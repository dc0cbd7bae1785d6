"""zstd within a budget: what declares too much, or lies, is refused before it takes memory."""

import os

import pytest
import zstandard

from server.protocol.compression import BadPackedError, pack, unpack

TEXT = b"words " * 1000


def test_what_gets_smaller_is_packed_and_unpacked() -> None:
    assert len(pack(TEXT)) < len(TEXT) / 10
    assert unpack(pack(TEXT), len(TEXT)) == TEXT


def test_what_does_not_get_smaller_stays() -> None:
    noise = os.urandom(5000)
    assert pack(noise) == noise


BOMB = zstandard.ZstdCompressor(level=19).compress(bytes(64 * 1024 * 1024))
SILENT_BOMB = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(64 * 1024 * 1024))
WIDE = (
    zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    )
    .compressobj(size=200 * 1024 * 1024)
    .compress(bytes(1024 * 1024))
    or b""
)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"words",
        pack(TEXT)[:-5],
        pack(TEXT)[:10],
        b"\x28\xb5\x2f\xfd" + os.urandom(20),
        BOMB,
        SILENT_BOMB,
        WIDE,
    ],
    ids=["empty", "plain", "cut", "cut early", "noise", "bomb", "silent bomb", "wide window"],
)
def test_what_is_no_honest_frame_is_refused(packed: bytes) -> None:
    with pytest.raises(BadPackedError):
        unpack(packed, 256 * 1024)


def test_a_byte_more_than_allowed_is_refused() -> None:
    with pytest.raises(BadPackedError):
        unpack(pack(TEXT), len(TEXT) - 1)
