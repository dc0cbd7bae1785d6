"""A feed: the frames of one audience that are in memory, as bytes that all its readers share."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

import msgspec

from server.protocol import events
from server.sessions.telling import without

decode_frame: Final = msgspec.json.Decoder(events.AnyEvent).decode


class Feed:
    """The frames of one audience that are in memory, each by the index of its last record.

    A frame may begin before a reader's cursor: a client passes over what it has.
    """

    __slots__ = ("frames", "indices")

    def __init__(self) -> None:
        self.indices: list[int] = []
        self.frames: list[bytes] = []

    def behind(self, index: int) -> Iterator[tuple[int, bytes]]:
        """The frames behind an index, each with that of its last record."""
        for place in range(bisect_right(self.indices, index), len(self.indices)):
            yield self.indices[place], self.frames[place]

    def forget(self, device: str, counter: int) -> int:
        """The message (device, counter) was deleted: its text leaves the frames. So many bytes are freed."""
        name, before = device.encode(), sum(map(len, self.frames))
        # From the end: frames leave.
        for place in reversed(range(len(self.frames))):
            if name not in self.frames[place]:
                continue
            event = decode_frame(self.frames[place])
            if isinstance(event, events.Messages):
                self.frames[place] = without(event, device, counter)
            elif isinstance(event, events.MessageEdited) and event.target == (device, counter):
                del self.frames[place], self.indices[place]
        return before - sum(map(len, self.frames))
