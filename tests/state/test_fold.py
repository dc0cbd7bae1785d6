"""The fold: one record, one verdict, the same for whoever folds it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.archive.record import Draft
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.bodies import MessageBody
from server.state.fold import KINDS, decode_body, judge_draft
from server.state.state import State
from server.state.told import EVERYBODY
from tests.state.archive_of import Archive, device, epoch, member, merged, message, room


def test_an_epoch_is_noted_and_nobody_is_told() -> None:
    archive = Archive(epoch())
    assert archive.add(epoch()).told is None
    assert [span.first_index for span in archive.state.spans] == [1, 2]
    assert archive.state.index == 2


def test_the_judge_and_the_fold_agree() -> None:
    archive = Archive(epoch(), device(), room(1, "garden"))
    for draft in (
        message(2),
        message(3, room="nowhere"),
        room(4, "garden"),
        room(5, "x"),
        member(6, "general"),
        member(7, "nowhere"),
        device("other"),
        message(9, name="stranger"),
    ):
        judged = judge_draft(archive.state, draft)
        assert archive.add(draft).refusal == judged


def test_of_two_that_want_the_same_the_first_in_the_log_gets_it() -> None:
    archive = Archive(epoch(), device("d"), device("e", "Ben"))
    assert archive.verdict(room(1, "garden", name="d")) == "accepted"
    assert archive.verdict(room(1, "garden", name="e")) == "room_name_taken"


def test_a_void_record_uses_its_counter_and_its_verdict_is_kept() -> None:
    archive = Archive(epoch(), device(), room(1, "garden"))
    assert archive.verdict(room(2, "garden")) == "room_name_taken"
    assert archive.state.has_seen("d", 2)
    assert archive.state.voids[("d", 2)].code == "room_name_taken"
    assert archive.state.number == 0


def test_a_second_record_of_the_same_id_counts_for_nothing() -> None:
    archive = Archive(epoch(), device(), message(1))
    before = archive.state.number
    assert archive.verdict(message(1)) == "id_reuse"
    assert archive.state.number == before
    assert ("d", 1) not in archive.state.voids


def test_a_device_leaves_so_many_gaps_and_its_counters_go_on_where_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "COUNTER_RANGES_MAX", 3)
    archive = Archive(epoch(), device(), message(5), message(9), device("e", "Ben"))
    judged = {counter: judge_draft(archive.state, message(counter)) for counter in (4, 6, 7, 10, 11, 2**53)}
    assert [counter for counter, refusal in judged.items() if refusal is not None] == [7, 11, 2**53]
    assert judged[7] == Refusal("too_many_gaps", {"limit": 3})
    # What a merge brings was accepted before, and others have gaps of their own.
    assert judge_draft(archive.state, merged(message(7))) is None
    assert judge_draft(archive.state, message(7, name="e")) is None
    # In the log it has taken its counter.
    assert archive.verdict(message(7)) == "accepted"


def test_a_counter_that_comes_late_is_as_good_as_any() -> None:
    archive = Archive(epoch(), device())
    assert [archive.verdict(message(counter)) for counter in (3, 1, 2, 3)] == [
        "accepted",
        "accepted",
        "accepted",
        "id_reuse",
    ]


def test_what_a_newer_version_wrote_is_kept_and_not_understood() -> None:
    archive = Archive(epoch(), device())
    outcome = archive.add(Draft("reaction", "d", 1, 0, b"\x01"))
    assert (outcome.refusal, outcome.told) == (None, None)
    assert archive.state.has_seen("d", 1)


def test_a_body_that_is_none_is_refused_before_it_is_archived() -> None:
    state = Archive(epoch(), device()).state
    for draft in (
        Draft("message", "d", 1, 0, b"\xc1"),
        Draft("message", "d", 1, 0, msgspec.msgpack.encode(["general"])),
        Draft("nonsense", "d", 1, 0, b""),
    ):
        refusal = judge_draft(state, draft)
        assert refusal is not None
        assert refusal.code == "bad_request"


def test_who_is_told_what() -> None:
    archive = Archive(epoch())
    told = [archive.add(draft).told for draft in (device(), message(1), room(2, "garden"))]
    assert [(t.audience, t.number, t.joined) for t in told if t is not None] == [
        ("general", 0, (("general", "user-d"),)),
        ("general", 1, ()),
        (EVERYBODY, 0, (("room-d-2", "user-d"),)),
    ]


@given(st.sampled_from([*KINDS, "nonsense"]), st.binary(max_size=60))
def test_no_body_whatever_breaks_the_fold(kind: str, body: bytes) -> None:
    archive = Archive(epoch(), device())
    archive.add(Draft(kind, "d", 1, 0, body))
    archive.add(Draft(kind, "stranger", 1, 0, body))
    assert archive.state.index == 4
    assert isinstance(archive.state.snapshot(), bytes)


def test_a_body_is_decoded_by_its_kind() -> None:
    assert decode_body("message", message(1, "hi").body) == MessageBody("general", "hi")
    assert decode_body("message", b"") is None
    assert decode_body("nonsense", b"") is None


def test_an_empty_state_knows_the_general_room_and_nobody() -> None:
    state = State()
    assert set(state.rooms) == {"general"}
    assert not state.users
