"""Records: what the chain binds, and what does not fit into it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.archive.record import (
    GENESIS_HASH,
    NO_EPOCH,
    DamagedRecordError,
    Draft,
    Epoch,
    PackedRecord,
    Record,
    Span,
    epoch_draft,
    make_record,
    make_records,
    pack,
    shared_index,
    span_ends,
    unpack,
)

EPOCH = Epoch(1, "a", "n")
DRAFTS = tuple(Draft("message", "device", counter, 1_000 + counter, b"body") for counter in range(1, 6))


def check(records: list[Record]) -> None:
    """Walk along the chain; raises `DamagedRecordError`."""
    index, previous_hash = 0, GENESIS_HASH
    for record in records:
        record.check_follows(index, previous_hash)
        index, previous_hash = record.index, record.hash


def chain() -> list[Record]:
    return make_records(DRAFTS, EPOCH, 0, GENESIS_HASH)


def test_records_made_in_one_go_follow_each_other() -> None:
    records = chain()
    check(records)
    assert [record.index for record in records] == [1, 2, 3, 4, 5]
    assert [record.id for record in records] == [draft.id for draft in DRAFTS]


def test_a_record_that_is_left_out_changed_or_moved_breaks_the_chain() -> None:
    records = chain()
    changed = make_record(msgspec.structs.replace(DRAFTS[2], time_ms=1), EPOCH, 3, records[1].hash)
    for broken in (
        [*records[:2], *records[3:]],
        [*records[:2], changed, *records[3:]],
        [records[1], records[0]],
    ):
        with pytest.raises(DamagedRecordError):
            check(broken)


def test_another_body_does_not_fit_the_digest() -> None:
    record = chain()[0]
    other = Record(PackedRecord(record.packed.header, b"other"))
    with pytest.raises(DamagedRecordError, match="digest"):
        other.check_follows(0, GENESIS_HASH)


def test_an_erased_body_leaves_the_chain_of_headers_whole() -> None:
    # The hash is over the header alone: what follows an erased body still follows.
    records = chain()
    erased = Record(PackedRecord(records[1].packed.header, b""))
    assert erased.hash == records[1].hash
    records[2].check_follows(erased.index, erased.hash)


def test_a_record_comes_back_from_its_bytes_as_it_was() -> None:
    for record in chain():
        again = unpack(pack(record))
        assert (again.header, again.body, again.hash) == (record.header, record.body, record.hash)


def test_an_epoch_record_names_its_members_and_is_nobodys_request() -> None:
    record = make_record(epoch_draft(EPOCH, ("a", "b"), 7), EPOCH, 1, GENESIS_HASH)
    assert record.is_epoch
    assert record.members() == ("a", "b")
    assert record.id == ("epoch.a.n", 1)
    assert not chain()[0].is_epoch


def test_an_epoch_record_whose_body_is_none_is_damaged() -> None:
    draft = msgspec.structs.replace(epoch_draft(EPOCH, ("a",), 7), body=b"\xc1")
    with pytest.raises(DamagedRecordError):
        make_record(draft, EPOCH, 1, GENESIS_HASH).members()


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_are_damaged_and_nothing_worse(value: bytes) -> None:
    try:
        record = unpack(value)
    except DamagedRecordError:
        return
    assert isinstance(record.index, int)


@given(st.data())
def test_a_flipped_bit_is_noticed(data: st.DataObject) -> None:
    records = chain()
    value = bytearray(pack(records[2]))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DamagedRecordError):
        check([*records[:2], unpack(bytes(value)), *records[3:]])


def test_epochs_are_ordered_by_counter_then_server_then_nonce() -> None:
    a, b, c, d = Epoch(1, "a", "z"), Epoch(1, "b", "a"), Epoch(1, "b", "b"), Epoch(2, "a", "a")
    assert sorted([d, b, NO_EPOCH, c, a]) == [NO_EPOCH, a, b, c, d]
    assert str(Epoch(3, "a", "f0")) == "3.a.f0"


def test_each_epoch_ends_before_the_next_one_begins() -> None:
    starts = ((Epoch(1, "a", "1"), 1), (Epoch(2, "a", "2"), 4), (Epoch(3, "b", "3"), 5))
    spans = [Span(epoch, first, (epoch.server,)) for epoch, first in starts]
    assert [end for _, end in span_ends(spans, 9)] == [3, 4, 9]
    assert span_ends([], 0) == []


def test_the_log_is_shared_up_to_the_end_of_the_last_epoch_of_two() -> None:
    def span(counter: int, first: int, *members: str) -> Span:
        return Span(Epoch(counter, "a", "n"), first, members)

    spans = [span(1, 1, "a"), span(2, 3, "a", "b"), span(3, 8, "a"), span(4, 9, "a")]
    assert [shared_index(spans[:count], 12) for count in range(5)] == [0, 0, 12, 7, 7]
