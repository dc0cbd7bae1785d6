"""The hand-over of a retired server: all that it holds, in order, until it is on both disks."""

from collections.abc import Iterator

from server.archive.record import Draft, Epoch, Origin, Span
from server.cluster.handover import IN_FLIGHT_MAX, HandingOver
from server.cluster.peer_frames import HandedOver, HandOver, Known

A1, B2, A3 = Epoch(1, "a", "1"), Epoch(2, "b", "2"), Epoch(3, "a", "3")
MINE = (Span(A1, 1, ("a",)), Span(B2, 6, ("b",)))
THEIRS = Known((Span(A1, 1, ("a",)), Span(A3, 9, ("a",))), 20)


def draft(counter: int) -> Draft:
    return Draft("message", "d", counter, 0, b"text", Origin(B2, counter))


class Retired:
    """A retired server with some requests behind the fork, and what it said so far."""

    def __init__(self, count: int, last_index: int = 30) -> None:
        self.forks: list[int] = []
        self._count = count
        self.conversation = HandingOver(MINE, last_index, self._behind)
        self.said: list[int] = []

    def _behind(self, fork: int) -> Iterator[Draft]:
        self.forks.append(fork)
        yield from map(draft, range(1, self._count + 1))

    def begin(self) -> None:
        self.hear(self.conversation.known(THEIRS))

    def hear(self, frames: list[HandOver]) -> None:
        self.said += [draft.counter for frame in frames for draft in frame.drafts]

    def answer(self, counter: int, copies: int = 2, code: str = "") -> None:
        index = 0 if code else 100 + counter
        self.hear(self.conversation.answered(HandedOver("d", counter, index, copies, code)))

    def wait(self) -> None:
        self.hear(self.conversation.ask_again())


def test_everything_behind_the_last_common_epoch_is_handed_over_in_order() -> None:
    retired = Retired(3)
    retired.begin()
    # Both went on in other epochs behind record 5.
    assert retired.forks == [5]
    assert retired.said == [1, 2, 3]
    for counter in (1, 2, 3):
        assert not retired.conversation.is_done
        retired.answer(counter)
    assert retired.conversation.is_done
    assert retired.conversation.count == 3


def test_whoever_holds_nothing_is_done_when_it_knows_the_other_log() -> None:
    retired = Retired(0)
    assert not retired.conversation.is_done
    retired.begin()
    assert retired.conversation.is_done


def test_no_more_is_on_its_way_than_the_other_side_can_take() -> None:
    retired = Retired(IN_FLIGHT_MAX + 10)
    retired.begin()
    assert retired.said == list(range(1, IN_FLIGHT_MAX + 1))
    retired.answer(1)
    assert retired.said[-1] == IN_FLIGHT_MAX + 1


def test_what_has_one_copy_is_asked_for_until_it_has_two() -> None:
    retired = Retired(3)
    retired.begin()
    for counter in (1, 2, 3):
        retired.answer(counter, copies=1)
    assert not retired.conversation.is_done
    for _ in range(2):
        retired.said.clear()
        retired.wait()
        # Copies grow from the front: the last one speaks for all.
        assert retired.said == [3]
        retired.answer(3, copies=1)
    retired.wait()
    retired.answer(3)
    assert retired.conversation.is_done


def test_one_that_came_later_with_two_copies_speaks_for_those_before_it() -> None:
    retired = Retired(2)
    retired.begin()
    retired.answer(1, copies=1)
    retired.answer(2)
    assert retired.conversation.is_done


def test_a_refusal_is_an_answer_and_what_passes_is_asked_again() -> None:
    retired = Retired(3)
    retired.begin()
    retired.answer(1, copies=0, code="room_name_taken")
    retired.answer(2, copies=0, code="unknown")
    retired.answer(3)
    assert not retired.conversation.is_done
    retired.said.clear()
    retired.wait()
    assert retired.said == [2]
    # Nothing is asked twice at a time.
    retired.wait()
    assert retired.said == [2]
    retired.answer(2)
    assert retired.conversation.is_done


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    retired = Retired(1)
    retired.begin()
    retired.answer(9)
    assert not retired.conversation.is_done
