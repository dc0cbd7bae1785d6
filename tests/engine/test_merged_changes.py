"""Edits and deletions on both sides of a cut: what was accepted stays, and nothing of what was deleted."""

from server.archive.erasing import is_erased
from server.archive.record import Record
from server.state.changes import is_to_erase
from tests.engine.merging import cut_off, heal, log_of, sides
from tests.replication.drafts import device, message
from tests.replication.servers import Server, Servers
from tests.state.archive_of import delete, edit, react

SECRET = "the secret of the garden"


def changed_pair() -> Servers:
    """Both know Anna, who has a second device, and her message 1; then they are cut off."""
    pair = cut_off()
    heal(pair)
    winner, _ = sides(pair)
    winner.ask(device("anna2", "Person anna"), message("anna", 1))
    pair.wait(0.5)
    assert [len(log_of(server)) for server in pair.running.values()] == [4, 4]
    pair.disconnect()
    pair.wait(1.5)
    return pair


def of_kind(server: Server, kind: str) -> list[Record]:
    return [record for record in log_of(server) if record.header.kind == kind]


def check_changes(pair: Servers) -> None:
    """Both have the same table, and it is what their log says."""
    tables = [
        [(key, kind) for name in ("anna", "ben") for key, kind in server.reader.changes(name, 0, 10)]
        for server in pair.running.values()
    ]
    assert tables[0] == tables[1]
    assert tables[0]
    for server in pair.running.values():
        bodies = {record.index: record.body for record in log_of(server)}
        assert not any(SECRET.encode() in body for body in bodies.values())


def test_deleted_here_and_edited_there_is_deleted() -> None:
    for is_deleted_by_winner in (True, False):
        pair = changed_pair()
        winner, loser = sides(pair)
        deleting, editing = (winner, loser) if is_deleted_by_winner else (loser, winner)
        deleting.ask(delete(2, ("anna", 1), name="anna", room="general"))
        (asker,) = editing.ask(edit(1, ("anna", 1), SECRET, name="anna2", room="general"))
        pair.settle()
        assert editing.verdict(asker).startswith("stored")
        heal(pair, 2.5)
        for server in (winner, loser):
            (original,) = [record for record in of_kind(server, "message") if record.id == ("anna", 1)]
            (edited,) = of_kind(server, "edit")
            assert is_erased("message", original.body)
            assert is_erased("edit", edited.body)
            assert not server.engine.state.voids
            assert is_to_erase(server.engine.state, edited)
        check_changes(pair)


def test_deleted_on_both_sides_is_deleted_once() -> None:
    pair = changed_pair()
    winner, loser = sides(pair)
    winner.ask(delete(2, ("anna", 1), name="anna", room="general"))
    loser.ask(delete(1, ("anna", 1), name="anna2", room="general"))
    pair.settle()
    heal(pair, 2.5)
    assert [len(of_kind(server, "delete")) for server in (winner, loser)] == [2, 2]
    check_changes(pair)


def test_what_was_written_and_deleted_on_the_losing_side_is_moved_erased() -> None:
    pair = changed_pair()
    winner, loser = sides(pair)
    written = message("ben", 7)
    loser.ask(written, delete(8, ("ben", 7), name="ben", room="general"))
    loser.ask(react(2, ("anna", 1), "👍", name="anna", room="general"))
    pair.settle()
    pair.wait(1.5)
    winner.ask(edit(3, ("anna", 1), "hello again", name="anna", room="general"))
    pair.settle()
    heal(pair, 2.5)
    for server in (winner, loser):
        (moved,) = [record for record in of_kind(server, "message") if record.id == ("ben", 7)]
        assert is_erased("message", moved.body)
        assert moved.header.digest == written.digest
        (asker,) = server.ask(written)
        pair.settle()
        assert server.verdict(asker).startswith("stored")
    check_changes(pair)
