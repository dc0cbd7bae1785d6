"""Rights at rest: what the log lets everybody do, worked out once more, apart from the fold.

Of each record one takes only whether it was accepted and who asked. Who is in which room and administers
it is kept in a book of its own; what was accepted must be allowed by it, and what is void must not be. What
a merge brings was allowed when it was asked: messages stay, whatever has changed since; a command does not,
when its author may not give it any more.
"""

import msgspec

from server.archive.record import Header, Record
from server.archive.store import StoreReader
from server.state.bodies import AddBody, AdministerBody
from server.state.fold import decode_body, fold
from server.state.state import State
from tests.simulation.checkers.book import Book
from tests.simulation.checkers.log_end import at_its_end
from tests.simulation.history import PromiseError
from tests.simulation.process import Process
from tests.simulation.world import World


def check_rights(world: World) -> None:
    """The whole log, and what both servers make of it in the end."""
    book = at_its_end(world, read_book)
    world.history.seen["groups"] += len(book.groups)
    world.history.seen["people put out of groups"] += book.put_out
    world.history.seen["rooms deleted"] += book.deleted
    invites = book.register.invites.values()
    world.history.seen["people let in by invites"] += sum(len(invite.let_in) for invite in invites)
    world.history.seen["devices signed out"] += len(book.register.revoked)
    for process in world.running:
        _same_rooms(process, book)
        book.register.check(process.name, process.engine.state)


def read_book(world: World) -> Book:
    """The book of the log; raises `PromiseError` at the first verdict that is wrong by it."""
    state, book = State(), Book()
    for record in StoreReader(world.machines["a"].disk.durable).all_records():
        refusal = fold(state, record).refusal
        user = state.user_of_device(record.header.device)
        if record.is_epoch or user is None or (refusal is not None and refusal.code == "id_reuse"):
            continue
        body = decode_body(record.header.kind, record.body)
        is_allowed = _is_allowed(book, record.header, user.id, body)
        if is_allowed is not None and is_allowed != (refusal is None):
            raise PromiseError("rights", f"{_shown(record)} is allowed: {is_allowed}, and got {refusal}")
        if refusal is None:
            book.register.write(record.header, user.id, user.name, body)
            book.write(record.index, user.id, body)
    return book


def _is_allowed(book: Book, header: Header, user: str, body: msgspec.Struct | None) -> bool | None:
    if header.origin is None and book.register.is_out(header.device):
        return False
    if header.device in book.register.revoked and _gives(body):
        return False
    found = book.register.allows(header, body)
    return book.allows(user, body, is_moved=header.origin is not None) if found is None else found


def _gives(body: msgspec.Struct | None) -> bool:
    """Whether somebody may more in a room by it."""
    return isinstance(body, AddBody) or (isinstance(body, AdministerBody) and body.is_administrator)


def _shown(record: Record) -> str:
    header = record.header
    return f"{record.id} ({header.kind} at {record.index}, origin {header.origin})"


def _same_rooms(process: Process, book: Book) -> None:
    for room, circle in book.rooms.items():
        found = process.engine.state.rooms[room]
        by_log = tuple(circle.members), tuple(circle.administrators), circle.is_deleted
        if (found.members, found.administrators, found.is_deleted) != by_log:
            raise PromiseError("rights", f"{process.name} has {found}; by the log it is {circle}")
