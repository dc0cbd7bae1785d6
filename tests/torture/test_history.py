"""What a run remembers."""

from server.torture.history import ReaderHistory
from tests.torture.histories import history


def test_only_what_a_sender_really_wrote_is_ours() -> None:
    kept = history({"a": 2}, "")
    text = kept.senders[0].text(2)
    assert kept.is_ours(("a", 2), text)
    assert not kept.is_ours(("a", 1), text)
    assert not kept.is_ours(("a", 2), text + "!")
    assert not kept.is_ours(("x", 2), text)


def test_a_reader_drops_what_lies_behind_a_fork() -> None:
    reader = ReaderHistory("reader-1", [(5, ("a", 1)), (6, ("a", 2))])
    reader.diverged(5)
    assert reader.messages == [("a", 1)]


def test_a_reader_that_starts_again_knows_what_it_holds() -> None:
    reader = ReaderHistory("reader-1")
    reader.show(5, ("a", 1))
    reader.keep()
    # It resumes behind its cursor, which may lie before what it was shown last.
    reader.show(5, ("a", 1))
    reader.show(6, ("a", 1))
    assert reader.messages == [("a", 1), ("a", 1)], "another index is a second message"


def test_what_is_kept_ends_at_a_fork() -> None:
    reader = ReaderHistory("reader-1", [(5, ("a", 1)), (6, ("a", 2))])
    reader.keep()
    reader.diverged(5)
    reader.show(6, ("b", 1))
    assert reader.messages == [("a", 1), ("b", 1)]


def test_what_has_no_answer_is_still_in_the_outbox() -> None:
    sender = history({"a": 0}, "").senders[0]
    sender.sent = 4
    sender.stored(1, copies=2, at_s=1.0)
    sender.refused[3] = "not_a_member"
    assert sender.unanswered == [2, 4]
    assert sender.waiting_count == 2


def test_only_the_first_acknowledgement_of_a_message_counts() -> None:
    sender = history({"a": 0}, "").senders[0]
    sender.stored(1, copies=2, at_s=1.0)
    sender.stored(1, copies=1, at_s=1.5)
    assert (sender.acknowledged_at, sender.single_at) == ([1.0], [])


def test_acknowledgements_with_one_copy_are_counted() -> None:
    kept = history({"a": 0}, "")
    sender = kept.senders[0]
    sender.stored(1, copies=1, at_s=1.0)
    sender.stored(2, copies=2, at_s=2.0)
    assert sender.single_at == [1.0]
    assert (sender.single_between(0.0, 1.0), sender.single_between(1.0, 2.0)) == (0, 1)
    assert (sender.acknowledged, sender.acknowledged_at) == ({1, 2}, [1.0, 2.0])
