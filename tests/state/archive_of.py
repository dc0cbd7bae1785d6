"""Short archives for tests: drafts folded one after the other, as a committed log would be."""

import msgspec

from server.archive.record import GENESIS_HASH, Draft, Epoch, Origin, Record, make_record
from server.archive.record import epoch_draft as make_epoch_draft
from server.state.bodies import (
    DeleteBody,
    DeviceBody,
    EditBody,
    MarksBody,
    MemberBody,
    MessageBody,
    PasswordBody,
    PersonMarks,
    ReactBody,
    RevokeBody,
    RoomBody,
)
from server.state.fold import fold
from server.state.state import State
from server.state.told import Outcome
from server.state.users import proof_of

EPOCH = Epoch(1, "a", "n")

_encode = msgspec.msgpack.Encoder().encode


def device(
    name: str = "d", person: str = "Anna", counter: int = 0, *, password: str = "", proof: bytes = b""
) -> Draft:
    body = DeviceBody(f"user-{name}", person, b"secret", password, proof)
    return Draft("device", name, counter, 0, _encode(body))


def password(counter: int, new: str, *, old: str = "", name: str = "d") -> Draft:
    return Draft("password", name, counter, 0, _encode(PasswordBody(new, proof_of(old))))


def revoke(counter: int, device_id: str, *, name: str = "d") -> Draft:
    return Draft("revoke", name, counter, 0, _encode(RevokeBody(device_id)))


def message(counter: int, text: str = "hello", *, name: str = "d", room: str = "general") -> Draft:
    return Draft("message", name, counter, 0, _encode(MessageBody(room, text)))


def edit(counter: int, target: tuple[str, int], text: str, *, name: str = "d", room: str = "g") -> Draft:
    return Draft("edit", name, counter, 0, _encode(EditBody(room, *target, text)))


def delete(
    counter: int, target: tuple[str, int], *, name: str = "d", room: str = "g", sha256: str = ""
) -> Draft:
    return Draft("delete", name, counter, 0, _encode(DeleteBody(room, *target, sha256)))


def react(
    counter: int, target: tuple[str, int], emoji: str, *, name: str = "d", room: str = "g", is_on: bool = True
) -> Draft:
    return Draft("react", name, counter, 0, _encode(ReactBody(room, *target, emoji, is_on)))


def room(counter: int, called: str, *, name: str = "d", room_id: str = "") -> Draft:
    return Draft("room", name, counter, 0, _encode(RoomBody(room_id or f"room-{name}-{counter}", called)))


def member(counter: int, room_id: str, *, name: str = "d") -> Draft:
    return Draft("member", name, counter, 0, _encode(MemberBody(room_id)))


def marks(counter: int, *people: PersonMarks, trail: tuple[tuple[Epoch, int], ...]) -> Draft:
    return Draft("marks", "server", counter, 0, _encode(MarksBody(trail, people)))


def act(kind: str, counter: int, body: msgspec.Struct, *, name: str = "d") -> Draft:
    """A request of whatever kind."""
    return Draft(kind, name, counter, 0, _encode(body))


def merged(draft: Draft, person: str = "") -> Draft:
    """The same request, as a merge re-submits it."""
    return msgspec.structs.replace(draft, origin=Origin(Epoch(1, "b", "n"), draft.counter + 1, person))


def epoch() -> Draft:
    return make_epoch_draft(EPOCH, ("a",), 0)


def as_older_version_wrote(snapshot: bytes) -> bytes:
    """Rooms had no kinds, and nothing was kept of files, marks, friends and invites."""
    fields = msgspec.msgpack.decode(snapshot)
    fields[6] = [room[:3] for room in fields[6]]
    return msgspec.msgpack.encode(fields[:9])


class Archive:
    """A log and the state folded from it."""

    def __init__(self, *drafts: Draft) -> None:
        self.records: list[Record] = []
        self.state = State()
        for draft in drafts:
            assert self.add(draft).refusal is None, draft

    def add(self, draft: Draft) -> Outcome:
        """Archive the next record and give its outcome."""
        last = self.records[-1] if self.records else None
        record = make_record(draft, EPOCH, last.index + 1 if last else 1, last.hash if last else GENESIS_HASH)
        self.records.append(record)
        return fold(self.state, record)

    def verdict(self, draft: Draft) -> str:
        """Archive the next record: "accepted", or the code of the refusal."""
        refusal = self.add(draft).refusal
        return "accepted" if refusal is None else refusal.code
