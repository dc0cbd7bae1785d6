"""zstd (RFC 8878): packed where it saves something, unpacked within a budget (pure).

A frame says how large its content is and how much memory it wants; both are looked at before anything
is unpacked, for `max_output_size` of the library counts for nothing when a frame declares its own size.
"""

import io
from typing import Final

import zstandard

# RFC 8878, section 3.1.1.1.2, recommends that decoders take windows of up to 8 MiB.
WINDOW_BYTES_MAX: Final = 8 * 1024 * 1024
# The fastest level: it has to keep up with a disk.
_LEVEL: Final = 1
# Less than a tenth saved is not worth the work of unpacking.
_WORTH: Final = 0.9


class BadPackedError(Exception):
    """The bytes are no zstd frame, or one that wants more than it may; the text says what is wrong."""


def pack(data: bytes) -> bytes:
    """One frame that declares its size; or the data itself, when packing does not make it much smaller."""
    # A compressor is for one thread at a time, and costs little beside what it is used for here.
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(data)
    return packed if len(packed) < len(data) * _WORTH else data


def unpack(packed: bytes, bytes_max: int) -> bytes:
    """The content of one frame, at most `bytes_max`. Raises `BadPackedError`."""
    try:
        frame = zstandard.get_frame_parameters(packed)
        if frame.content_size == zstandard.CONTENTSIZE_UNKNOWN:
            raise BadPackedError("it does not say how large its content is")
        if frame.content_size > bytes_max:
            raise BadPackedError("its content is larger than allowed")
        if frame.window_size > WINDOW_BYTES_MAX or frame.dict_id:
            raise BadPackedError("it wants more memory, or a dictionary")
        unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES_MAX)
        with unpacker.stream_reader(io.BytesIO(packed)) as stream:
            # One more than allowed would show a frame that lies; the library looks at that, too.
            content = stream.read(bytes_max + 1)
    except zstandard.ZstdError as error:
        raise BadPackedError(str(error)[:100]) from error
    if len(content) != frame.content_size:
        raise BadPackedError("its content is of another size than it says")
    return content
