"""Changes of messages: who may, in which order, and what stays of it over merges and erasures."""

import msgspec
import pytest

from server.archive.erasing import erased
from server.archive.record import GENESIS_HASH, Draft, Origin, PackedRecord, Record
from server.protocol import limits
from server.state.bodies import FileBody, MessageBody
from server.state.changes import is_to_erase
from server.state.fold import fold
from server.state.state import State, restore
from tests.state.archive_of import (
    EPOCH,
    Archive,
    delete,
    device,
    edit,
    epoch,
    member,
    message,
    react,
    room,
)

SHA = "a" * 64


@pytest.fixture
def archive() -> Archive:
    """Anna (two devices) and Ben are in the garden, Cleo is not; Anna wrote there."""
    return Archive(
        epoch(),
        device("d", "Anna"),
        device("dd", "Anna"),
        device("e", "Ben"),
        device("f", "Cleo"),
        room(1, "garden", room_id="g"),
        member(1, "g", name="e"),
        message(2, "hello", room="g"),
    )


def moved(draft: Draft, index: int = 3) -> Draft:
    """As a merge brings it."""
    return msgspec.structs.replace(draft, origin=Origin(EPOCH, index))


def test_its_writer_edits_and_deletes_from_any_device(archive: Archive) -> None:
    assert archive.verdict(edit(3, ("d", 2), "hallo")) == "accepted"
    assert archive.verdict(edit(1, ("d", 2), "hi", name="dd")) == "accepted"
    assert archive.verdict(delete(2, ("d", 2), name="dd")) == "accepted"


def test_nobody_else_does(archive: Archive) -> None:
    assert archive.verdict(edit(2, ("d", 2), "mine", name="e")) == "forbidden"
    assert archive.verdict(delete(3, ("d", 2), name="e")) == "forbidden"
    assert archive.verdict(delete(4, ("d", 2), name="stranger")) == "not_signed_in"
    assert archive.verdict(delete(5, ("nobody", 2))) == "unknown_message"


def test_members_react_and_others_do_not(archive: Archive) -> None:
    assert archive.verdict(react(2, ("d", 2), "👍", name="e")) == "accepted"
    assert archive.verdict(react(3, ("d", 2), "👍", name="e", is_on=False)) == "accepted"
    assert archive.verdict(react(1, ("d", 2), "👍", name="f")) == "not_a_member"
    assert archive.verdict(react(2, ("d", 2), "👍", name="f", room="no")) == "unknown_room"


def test_a_reaction_is_an_emoji(archive: Archive) -> None:
    for counter, text in enumerate(("ok", "€\x1b[", "\u202e€", "\u200b€"), 2):
        assert archive.verdict(react(counter, ("d", 2), text, name="e")) == "bad_emoji"


def test_an_edited_text_is_like_a_messages(archive: Archive) -> None:
    assert archive.verdict(edit(3, ("d", 2), " ")) == "empty_message"
    assert archive.verdict(edit(4, ("d", 2), "x" * (limits.MESSAGE_CHARACTERS_MAX + 1))) == "message_too_long"


def test_what_is_deleted_is_deleted_once_and_changed_no_more(archive: Archive) -> None:
    assert archive.verdict(delete(3, ("d", 2))) == "accepted"
    assert archive.verdict(delete(4, ("d", 2))) == "deleted_message"
    assert archive.verdict(edit(5, ("d", 2), "back")) == "deleted_message"
    assert archive.verdict(react(2, ("d", 2), "👍", name="e")) == "deleted_message"


def test_what_a_merge_brings_stays_accepted_and_is_erased(archive: Archive) -> None:
    assert archive.verdict(delete(3, ("d", 2))) == "accepted"
    assert archive.verdict(moved(edit(4, ("d", 2), "late"))) == "accepted"
    assert is_to_erase(archive.state, archive.records[-1])
    assert archive.verdict(moved(delete(5, ("d", 2)))) == "accepted"
    assert not is_to_erase(archive.state, archive.records[-1])


def test_a_race_leaves_no_text_either(archive: Archive) -> None:
    archive.add(delete(3, ("d", 2)))
    assert archive.verdict(edit(4, ("d", 2), "late")) == "deleted_message"
    assert is_to_erase(archive.state, archive.records[-1])


def test_a_void_edit_keeps_no_words(archive: Archive) -> None:
    assert archive.verdict(edit(2, ("d", 2), "mine", name="e")) == "forbidden"
    assert is_to_erase(archive.state, archive.records[-1])
    # What another server had accepted takes its place, and stays until its message is deleted.
    assert archive.verdict(edit(3, ("d", 2), "hallo")) == "accepted"
    assert not is_to_erase(archive.state, archive.records[-1])


def test_a_change_is_told_to_the_room_and_has_no_number(archive: Archive) -> None:
    told = archive.add(react(2, ("d", 2), "👍", name="e")).told
    assert told is not None
    assert (told.audience, told.number) == ("g", 0)
    assert told.change is not None
    assert (told.change.kind, told.change.device, told.change.counter) == ("react", "d", 2)


def test_erased_records_mean_the_same(archive: Archive) -> None:
    body = msgspec.msgpack.encode(MessageBody("g", "with a file", FileBody(SHA, 9, "plan.txt")))
    for draft in (
        Draft("message", "d", 3, 0, body),
        edit(4, ("d", 3), "a file, a plan"),
        delete(5, ("d", 2)),
        message(6, "more", room="g"),
    ):
        assert archive.add(draft).refusal is None
    again = State()
    for record in archive.records:
        body = erased(record.header.kind, record.body)
        left = Record(PackedRecord(record.packed.header, body))
        left.check_follows(again.index, again.hash or GENESIS_HASH)
        fold(again, left)
    assert again.digest() == archive.state.digest()
    assert again.files.bytes_of("user-d") == 9


def test_a_file_that_was_too_much_is_too_much_without_its_words(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES_PER_PERSON_MAX", 10)
    kept, void = (
        Draft("message", "d", counter, 0, msgspec.msgpack.encode(MessageBody("g", "", file)))
        for counter, file in enumerate((FileBody(SHA, 9, "a.txt"), FileBody("b" * 64, 2, "b.txt")), start=3)
    )
    assert archive.verdict(kept) == "accepted"
    assert archive.verdict(void) == "quota_exceeded"
    # Another server had accepted it: what stands twice is erased twice.
    assert archive.verdict(moved(void)) == "accepted"
    again = State()
    for record in archive.records:
        fold(again, Record(PackedRecord(record.packed.header, erased(record.header.kind, record.body))))
    assert again.digest() == archive.state.digest()


def test_a_deleted_message_carries_its_file_no_more(archive: Archive) -> None:
    body = msgspec.msgpack.encode(MessageBody("g", "", FileBody(SHA, 9, "plan.txt")))
    archive.add(Draft("message", "d", 3, 0, body))
    assert archive.state.files.is_in(("g",), SHA)
    archive.add(delete(4, ("d", 3), sha256=SHA))
    archive.add(moved(delete(5, ("d", 3), sha256=SHA)))
    assert not archive.state.files.is_carried(SHA)


def test_a_snapshot_knows_what_is_deleted(archive: Archive) -> None:
    archive.add(delete(3, ("d", 2)))
    again = restore(archive.state.snapshot())
    assert again.is_deleted("d", 2)
    assert again.digest() == archive.state.digest()
