"""The hand-over of a retired server: all that it holds, in order, until it is on both disks."""

from collections.abc import Iterator

from server.archive.record import Draft, Epoch, Origin, Span
from server.cluster.handover import IN_FLIGHT_MAX, HandingOver
from server.cluster.peer_frames import HandedOver, HandOver, Known, encode_peer_frame

A1, B2, A3, B4 = Epoch(1, "a", "1"), Epoch(2, "b", "2"), Epoch(3, "a", "3"), Epoch(4, "b", "4")
MINE = (Span(A1, 1, ("a",)), Span(B2, 6, ("b",)))
SPANS = (Span(A1, 1, ("a",)), Span(A3, 9, ("a",)))


def draft(counter: int) -> Draft:
    return Draft("message", "d", counter, 0, b"text", Origin(B2, counter))


class Retired:
    """A retired server with some requests behind the fork, and what it said so far."""

    def __init__(self, count: int, last_index: int = 30) -> None:
        self.forks: list[int] = []
        self._count = count
        self.conversation = HandingOver(MINE, last_index, self._behind)
        self.said: list[int] = []
        self.asked_how_far = 0

    def _behind(self, fork: int) -> Iterator[Draft]:
        self.forks.append(fork)
        yield from map(draft, range(1, self._count + 1))

    def know(self, copied_index: int = 999, spans: tuple[Span, ...] = SPANS) -> None:
        self.hear(self.conversation.known(Known(spans, 200, copied_index)))

    def hear(self, frames: list[HandOver]) -> None:
        self.said += [draft.counter for frame in frames for draft in frame.drafts]
        self.asked_how_far += sum(not frame.drafts for frame in frames)

    def answer(self, counter: int, code: str = "") -> None:
        index = 0 if code else 100 + counter
        self.hear(self.conversation.answered(HandedOver("d", counter, index, code)))

    def is_done(self) -> bool:
        return self.conversation.is_done

    def wait(self) -> None:
        self.hear(self.conversation.ask_again())


def test_everything_behind_the_last_common_epoch_is_handed_over_in_order() -> None:
    retired = Retired(3)
    retired.know()
    # Both went on in other epochs behind record 5.
    assert retired.forks == [5]
    assert retired.said == [1, 2, 3]
    for counter in (1, 2, 3):
        assert not retired.is_done()
        retired.answer(counter)
    assert retired.is_done()
    assert retired.conversation.count == 3


def test_whoever_holds_nothing_more_is_done_when_what_both_hold_is_on_both_disks() -> None:
    retired = Retired(0)
    assert not retired.is_done()
    # The new second server has nothing yet, and the logs are one up to record 5.
    retired.know(copied_index=4)
    assert retired.conversation.is_answered
    assert not retired.is_done()
    for asked in (1, 2):
        retired.wait()
        assert retired.asked_how_far == asked
    retired.know(copied_index=5)
    assert retired.is_done()
    assert retired.said == []


def test_no_more_is_on_its_way_than_the_other_side_can_take() -> None:
    retired = Retired(IN_FLIGHT_MAX + 10)
    retired.know()
    assert retired.said == list(range(1, IN_FLIGHT_MAX + 1))
    retired.answer(1)
    assert retired.said[-1] == IN_FLIGHT_MAX + 1


def test_what_is_on_one_disk_is_waited_for_until_it_is_on_two() -> None:
    retired = Retired(3)
    retired.know(copied_index=20)
    for counter in (1, 3, 2):
        assert not retired.asked_how_far
        retired.answer(counter)
    # At once behind the last answer, then once a second.
    assert retired.asked_how_far == 1
    for copied_index in (20, 102):
        retired.know(copied_index)
        assert not retired.is_done()
        retired.wait()
    assert retired.asked_how_far == 3
    retired.know(copied_index=103)
    assert retired.is_done()
    assert retired.said == [1, 2, 3]


def test_when_the_other_log_has_changed_all_of_it_is_handed_over_once_more() -> None:
    retired = Retired(2)
    retired.know(copied_index=20)
    retired.answer(1)
    # What was answered may have been cut; the answer that is still on its way says nothing any more.
    retired.know(spans=(*SPANS, Span(B4, 15, ("b",))))
    assert retired.said == [1, 2, 1, 2]
    assert not retired.is_done()
    for counter in (1, 2):
        retired.answer(counter)
    assert retired.is_done()
    assert retired.conversation.count == 2


def test_a_new_epoch_behind_all_that_was_answered_costs_nothing() -> None:
    # As when the new second server has become level.
    retired = Retired(2)
    retired.know(copied_index=20)
    for counter in (1, 2):
        retired.answer(counter)
    retired.conversation.known(Known((*SPANS, Span(B4, 103, ("a", "c"))), 103, 102))
    assert retired.said == [1, 2]
    assert retired.is_done()


def test_a_refusal_is_an_answer_and_what_passes_is_asked_again() -> None:
    retired = Retired(3)
    retired.know()
    retired.answer(1, code="room_name_taken")
    retired.answer(2, code="unknown")
    retired.answer(3)
    assert not retired.is_done()
    retired.said.clear()
    retired.wait()
    assert retired.said == [2]
    # Nothing is asked twice at a time.
    retired.wait()
    assert retired.said == [2]
    retired.answer(2)
    assert retired.is_done()


def test_while_the_other_disk_is_full_nothing_more_is_asked_and_what_was_put_off_comes_first() -> None:
    count = IN_FLIGHT_MAX + 10
    retired = Retired(count)
    retired.know()
    retired.answer(1)
    for counter in range(2, IN_FLIGHT_MAX + 2):
        retired.answer(counter, code="disk_full")
    # All of an archive would pass through memory, and no frame would hold it.
    assert retired.said[-1] == IN_FLIGHT_MAX + 1
    retired.said.clear()
    retired.wait()
    assert retired.said == list(range(2, IN_FLIGHT_MAX + 2))
    for counter in range(2, count + 1):
        retired.answer(counter)
    assert retired.said == list(range(2, count + 1))
    assert retired.is_done()
    assert retired.conversation.count == count


def test_what_is_asked_again_comes_in_frames_of_the_size_that_the_other_side_takes() -> None:
    long = [Draft("message", "d", counter, 0, bytes(32_000), Origin(B2, counter)) for counter in range(200)]
    conversation = HandingOver(MINE, 30, lambda _fork: iter(long))
    first = conversation.known(Known(SPANS, 20, 0))
    for one in long:
        conversation.answered(HandedOver(*one.id, 0, "unknown"))
    again = conversation.ask_again()
    assert again == first
    assert max(len(encode_peer_frame(frame)) for frame in again) < 1024 * 1024


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    retired = Retired(1)
    retired.know()
    retired.answer(9)
    assert not retired.is_done()
