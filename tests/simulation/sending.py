"""What a person does with files: sends one, puts it into a message when it is stored, takes that away again.

The program keeps on its disk what is being sent; killed, it begins with that again.
"""

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Final

from server.client.conversation import Conversation
from server.client.effects import AnyEffect, ReadPiece
from server.client.notices import AnyNotice, QuestionFailed, Stored, TransferEnded, TransferFailed
from server.protocol.facts import FileFacts
from server.protocol.requests import Delete
from server.state.bodies import DeleteBody

if TYPE_CHECKING:
    from tests.simulation.people import Person
    from tests.simulation.world import World

# What more than one person sends.
_POPULAR: Final = 2
_IS_POPULAR: Final = 0.5
_BYTES_MAX: Final = 400
_IS_TAKEN_AWAY: Final = 0.7
# How long a program takes to read a piece at most (s).
_READ_S: Final = 0.01


class Sending:
    """One person's."""

    def __init__(self, world: "World", person: "Person") -> None:
        self._world: Final = world
        self._person: Final = person
        self._rng: Final = person.rng
        self._tickets = 0
        self._read_at = 0.0
        self._uploads: dict[int, bytes] = {}
        # Messages that are stored with a file, and those that are to be taken away, by ticket.
        self._carried: dict[int, tuple[str, str]] = {}
        self._deleting: set[int] = set()

    @property
    def is_done(self) -> bool:
        """Whether nothing is under way."""
        return not self._uploads and not self._deleting

    @property
    def shown(self) -> str:
        """What is under way, for a message."""
        return f"sends {list(self._uploads)}, takes away {list(self._deleting)}"

    def want(self, conversation: Conversation) -> None:
        """Send a file."""
        self._tickets += 1
        if self._rng.random() < _IS_POPULAR:
            content = f"picture {self._rng.randrange(_POPULAR)} ".encode() * 20
        else:
            content = self._rng.randbytes(self._rng.randrange(_BYTES_MAX))
        self._uploads[self._tickets] = content
        self._upload(conversation, self._tickets)

    def started(self, conversation: Conversation) -> None:
        """The program begins again. What it had asked for it does not know any more."""
        self._deleting.clear()
        for ticket in self._uploads:
            self._upload(conversation, ticket)

    def connected(self) -> None:
        """At another server, perhaps: what was asked for may come behind what was written after it."""
        if self._deleting:
            self._world.history.unordered.add(self._person.device)

    def take(self, conversation: Conversation, given: AnyNotice | AnyEffect) -> None:
        """What the conversation wants, or tells."""
        match given:
            case ReadPiece():
                # One after the other, as they were asked for.
                read_at = self._world.clock.now + self._rng.random() * _READ_S
                self._read_at = max(self._read_at, read_at)
                self._world.clock.at(self._read_at, partial(self._read, conversation, given))
            case TransferEnded():
                content = self._uploads.pop(given.ticket)
                self._world.history.seen["files sent"] += 1
                self._person.say(FileFacts(_hash(content), len(content), "a.png"))
            case TransferFailed():
                del self._uploads[given.ticket]
                self._world.history.seen[f"files not sent: {given.code}"] += 1
            case QuestionFailed():
                # Where the message is not known. Elsewhere it may have been taken, and come with a merge.
                self._deleting.discard(given.ticket)
                self._world.history.unordered.add(self._person.device)
            case Stored() if given.ticket:
                self._deleting.discard(given.ticket)
            case _:
                pass

    def wrote(self, counter: int, room: str, sha256: str) -> None:
        """A message carries a file."""
        self._carried[counter] = room, sha256

    def stored(self, conversation: Conversation, counter: int) -> None:
        """It is archived; some are taken away again."""
        room, sha256 = self._carried.pop(counter, ("", ""))
        if not room or self._rng.random() > _IS_TAKEN_AWAY:
            return
        person = self._person
        self._tickets += 1
        self._deleting.add(self._tickets)
        own = person.remember("delete", DeleteBody(room, person.device, counter, sha256))
        request = Delete(id=1, counter=own, device=person.device, message=counter)
        conversation.ask(self._tickets, request, self._world.clock.now)

    def _upload(self, conversation: Conversation, ticket: int) -> None:
        content = self._uploads[ticket]
        conversation.upload(ticket, _hash(content), len(content), self._world.clock.now)

    def _read(self, conversation: Conversation, piece: ReadPiece) -> None:
        content = self._uploads.get(piece.ticket)
        if content is not None and self._person.is_at(conversation):
            raw = content[piece.offset : piece.offset + piece.length]
            conversation.piece_read(piece.ticket, piece.offset, raw, self._world.clock.now, is_packed=False)
            self._person.turn()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
