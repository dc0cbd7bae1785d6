"""The files of a pretended machine: what is whole is durable, what is coming may lose its tail."""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from server.archive.blobs import MissingBlobError
from server.archive.part import PartError

Key = tuple[str, str]


@dataclass(slots=True)
class Shelf:
    """What lies on one disk: whole files with the time they were touched, parts, and who has shown what.

    `erased` is what was whole here once.
    """

    whole: dict[str, bytes] = field(default_factory=dict)
    touched_s: dict[str, float] = field(default_factory=dict)
    parts: dict[Key, bytearray] = field(default_factory=dict)
    shown: set[Key] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)

    def lose_power(self, rng: random.Random) -> None:
        """What was written of parts and not synced may be gone, or be something else."""
        for part in self.parts.values():
            if part and rng.random() < 0.5:
                del part[rng.randrange(len(part)) :]
            elif part and rng.random() < 0.2:
                part[-1] ^= 1


class ShelfStore:
    """A `server.archive.blobs.BlobStore` in memory, of one life of a server."""

    def __init__(self, shelf: Shelf, time_ms: Callable[[], int], kept_s: float) -> None:
        self._shelf: Final = shelf
        self._time_ms: Final = time_ms
        self._kept_s: Final = kept_s
        self._open: Final[set[Key]] = set()

    # --- whole files

    def has(self, sha256: str) -> bool:
        """Whether the whole file is here."""
        return sha256 in self._shelf.whole

    def size_of(self, sha256: str) -> int | None:
        """Its size; None when it is not here."""
        content = self._shelf.whole.get(sha256)
        return None if content is None else len(content)

    def has_room_for(self, size: int) -> bool:
        """There is room for files in this world."""
        return True

    def read(self, sha256: str, offset: int, length: int) -> bytes:
        """A piece of it."""
        if sha256 not in self._shelf.whole:
            raise MissingBlobError(sha256)
        return self._shelf.whole[sha256][offset : offset + length]

    def hashes(self) -> Iterator[str]:
        """All of them."""
        return iter(list(self._shelf.whole))

    def touch(self, sha256: str) -> bool:
        """A message is about to carry it."""
        if sha256 in self._shelf.whole:
            self._shelf.touched_s[sha256] = self._time_ms() / 1000
        return sha256 in self._shelf.whole

    def remove(self, sha256: str) -> bool:
        """Erase it; whether it was here."""
        was_here = self._shelf.whole.pop(sha256, None) is not None
        if was_here:
            self._shelf.erased.add(sha256)
        return was_here

    def sweep_parts(self, now_s: float) -> None:
        """What is coming is not swept: no run is that long."""

    def untouched(self, now_s: float) -> Iterator[str]:
        """Those that neither came nor were touched of late."""
        before = now_s - self._kept_s
        return (one for one in self.hashes() if self._shelf.touched_s[one] < before)

    # --- what is coming

    def part(self, person: str, sha256: str, size: int) -> "ShelfPart":
        """Begin a file, or go on with it."""
        key = person, sha256
        if key in self._open:
            raise PartError("in_use")
        self._open.add(key)
        return ShelfPart(self, self._shelf.parts.setdefault(key, bytearray()), key, size)

    def received(self, person: str, sha256: str) -> int:
        """How much has come, while it is not whole."""
        return len(self._shelf.parts.get((person, sha256), b""))

    def read_part(self, person: str, sha256: str, offset: int, length: int) -> bytes:
        """A piece of what has come."""
        if (person, sha256) not in self._shelf.parts:
            raise MissingBlobError(sha256)
        return bytes(self._shelf.parts[person, sha256][offset : offset + length])

    def is_shown(self, person: str, sha256: str) -> bool:
        """Whether this person has sent the whole of it."""
        return (person, sha256) in self._shelf.shown and self.has(sha256)

    def show(self, person: str, sha256: str) -> None:
        """This person has."""
        self._shelf.shown.add((person, sha256))

    def reserved(self, person: str, but_for: str, has_sent: Callable[[str, str], bool]) -> tuple[int, int]:
        """Files are few and small here: no limit is met."""
        return 0, 0

    def finished(self, key: Key, content: bytes) -> None:
        """A part is whole and verified."""
        self._shelf.whole.setdefault(key[1], content)
        self._shelf.touched_s[key[1]] = self._time_ms() / 1000
        self._shelf.parts.pop(key, None)
        self.show(*key)

    def closed(self, key: Key) -> None:
        """Nobody has the part open."""
        self._open.discard(key)


class ShelfPart:
    """A `server.archive.part.Part` in memory."""

    def __init__(self, store: ShelfStore, data: bytearray, key: Key, size: int) -> None:
        self._store: Final = store
        self._data: Final = data
        self._key: Final = key
        self.size: Final = size
        self.is_done = False
        if len(data) > size:
            data.clear()

    @property
    def received(self) -> int:
        """How much is here."""
        return self.size if self.is_done else len(self._data)

    def write(self, offset: int, data: bytes) -> None:
        """The next piece."""
        if offset != self.received:
            raise PartError("wrong_offset")
        if self.received + len(data) > self.size:
            raise PartError("too_many_bytes")
        self._data.extend(data)

    def finish(self) -> None:
        """All of it is here: verify, put in its place."""
        if hashlib.sha256(self._data).hexdigest() != self._key[1]:
            self._data.clear()
            raise PartError("wrong_hash")
        self._store.finished(self._key, bytes(self._data))
        self.is_done = True

    def close(self) -> None:
        """No more comes for now."""
        self._store.closed(self._key)
