"""Files: in which rooms a message carries which, who sent them, and how much each person may send.

The state holds no content and no names. A server that has the archive knows by this which files it must
have; who may download one is who may read a room in which a message carries it.
"""

from collections import deque
from collections.abc import Container, Iterable
from typing import Final

import msgspec

from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.names import clean_file_name
from server.state.bodies import FileBody


class FileUse(msgspec.Struct, frozen=True, array_like=True):
    """So many messages of a person in a room carry this file."""

    sha256: str
    room: str
    person: str
    size: int
    messages: int


class FileUses:
    """All of them. The values are replaced, not changed: any thread may look, while the engine folds."""

    def __init__(self, uses: Iterable[FileUse] = ()) -> None:
        self._by_hash: Final[dict[str, tuple[FileUse, ...]]] = {}
        # Each content counts once for a person, however often it was sent.
        self._bytes: Final[dict[str, int]] = {}
        # How often a file was new, or gone: whoever keeps them looks again.
        self.changes = 0
        # What a deletion has left without a message, until it is taken; some may be carried again.
        self._left: Final[deque[str]] = deque()
        for use in uses:
            self._put(use)

    def all(self) -> list[FileUse]:
        """For the snapshot: equal states give equal lists."""
        return sorted(
            (use for uses in list(self._by_hash.values()) for use in uses),
            key=lambda use: (use.sha256, use.room, use.person),
        )

    def hashes(self) -> list[str]:
        """Every file that a server with this archive must have."""
        return list(self._by_hash)

    def is_carried(self, sha256: str) -> bool:
        """Whether a message carries it."""
        return sha256 in self._by_hash

    def size_of(self, sha256: str) -> int | None:
        """The size of a file that a message carries."""
        uses = self._by_hash.get(sha256)
        return uses[0].size if uses else None

    def is_in(self, rooms: Container[str], sha256: str) -> bool:
        """Whether a message in one of these rooms carries it."""
        return any(use.room in rooms for use in self._by_hash.get(sha256, ()))

    def bytes_of(self, person: str) -> int:
        """What the files of a person take."""
        return self._bytes.get(person, 0)

    def has_sent(self, person: str, sha256: str) -> bool:
        """Whether a message of this person carries it."""
        return any(use.person == person for use in self._by_hash.get(sha256, ()))

    def add(self, sha256: str, room: str, person: str, size: int) -> None:
        """One more message carries it."""
        self._put(FileUse(sha256, room, person, size, 1))

    def drop(self, sha256: str, room: str, person: str) -> None:
        """A message that carried it was deleted."""
        uses = self._by_hash.get(sha256, ())
        for use in uses:
            if (use.room, use.person) != (room, person):
                continue
            rest = tuple(other for other in uses if other is not use)
            if use.messages > 1:
                rest = (*rest, msgspec.structs.replace(use, messages=use.messages - 1))
            if rest:
                self._by_hash[sha256] = rest
            else:
                del self._by_hash[sha256]
                self.changes += 1
                self._left.append(sha256)
            if not self.has_sent(person, sha256):
                self._bytes[person] -= use.size
            return

    def take_left(self) -> list[str]:
        """What deletions have left without a message since this was made, or since the last call.

        For one caller, on whatever thread.
        """
        return [self._left.popleft() for _ in range(len(self._left))]

    def _put(self, use: FileUse) -> None:
        uses = self._by_hash.get(use.sha256, ())
        self.changes += not uses
        if uses:
            # One content, one size: so it does not matter of which use it is asked.
            use = msgspec.structs.replace(use, size=uses[0].size)
        if not self.has_sent(use.person, use.sha256):
            self._bytes[use.person] = self._bytes.get(use.person, 0) + use.size
        for other in uses:
            if (other.room, other.person) == (use.room, use.person):
                use = msgspec.structs.replace(other, messages=other.messages + use.messages)
        kept = tuple(other for other in uses if (other.room, other.person) != (use.room, use.person))
        self._by_hash[use.sha256] = (*kept, use)


def judge_file(uses: FileUses, person: str, file: FileBody) -> Refusal | None:
    """A name that is no path, and not too much: in one file, and in all of a person's."""
    if clean_file_name(file.name) != file.name:
        return Refusal("bad_file_name", {"name": file.name[:64]})
    if file.size > limits.FILE_BYTES_MAX:
        return Refusal("file_too_large", {"limit": limits.FILE_BYTES_MAX})
    return judge_quota(uses, person, file.sha256, file.size)


def judge_quota(uses: FileUses, person: str, sha256: str, size: int) -> Refusal | None:
    """All that a person may send; the same when nothing but hash and size of a file is left."""
    more = 0 if uses.has_sent(person, sha256) else size
    if uses.bytes_of(person) + more > limits.FILE_BYTES_PER_PERSON_MAX:
        return Refusal("quota_exceeded", {"limit": limits.FILE_BYTES_PER_PERSON_MAX})
    return None
