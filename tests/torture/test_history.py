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


def test_acknowledgements_with_one_copy_are_counted() -> None:
    kept = history({"a": 0}, "")
    sender = kept.senders[0]
    sender.stored(1, copies=1, at_s=1.0)
    sender.stored(2, copies=2, at_s=2.0)
    assert (sender.copies_1, sender.acknowledged, sender.acknowledged_at) == (1, {1, 2}, [1.0, 2.0])
