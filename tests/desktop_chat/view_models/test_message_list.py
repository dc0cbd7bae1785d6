"""The rows of a conversation: pages read when needed, the outbox behind, changes told exactly."""

from array import array
from collections.abc import Iterable, Sequence
from datetime import UTC

import msgspec

from desktop_chat.store.messages import Message
from desktop_chat.view_models.message_list import Inserted, MessageList, Removed
from desktop_chat.view_models.ticks import Tick
from tests.desktop_chat.examples import TODAY, message, pending


class Cache:
    """Stands for the store: gives pages and counts how many messages were read."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages = {each.index: each for each in messages}
        self.read_count = 0

    def page(self, first: int, last: int) -> Sequence[Message]:
        found = [each for index, each in sorted(self.messages.items()) if first <= index <= last]
        self.read_count += len(found)
        return found

    def list(self, waiting: Iterable[Message] = (), new_from: int = 0) -> MessageList:
        return MessageList(
            self.page,
            array("q", sorted(self.messages)),
            waiting,
            own_user="me",
            own_name="Me",
            today=lambda: TODAY,
            zone=UTC,
            new_from=new_from,
        )


def texts(model: MessageList) -> list[str]:
    return [model.row(number).text for number in range(len(model))]


def test_only_pages_in_sight_are_read() -> None:
    cache = Cache(message(index) for index in range(1, 10_001))
    model = cache.list()
    assert model.row(9_999).text == "message 10000"
    assert cache.read_count < 200


def test_a_run_shows_its_author_once_and_ends_after_a_pause() -> None:
    model = Cache([message(1), message(2), message(3, minute=30), message(4, user="bob", minute=31)]).list()
    rows = [model.row(number) for number in range(4)]
    assert [row.starts_run for row in rows] == [True, False, True, True]
    assert [row.ends_run for row in rows] == [False, True, True, True]


def test_a_day_is_said_once() -> None:
    model = Cache([message(1, minute=-24 * 60), message(2), message(3)]).list()
    assert [model.row(number).day for number in range(3)] == ["Yesterday", "Today", ""]


def test_ticks_follow_the_copies() -> None:
    model = Cache([message(1, user="me", copies=1), message(2, user="me"), message(3)]).list([pending(9)])
    ticks = [model.row(number).tick for number in range(4)]
    assert ticks == [Tick.STORED_ON_ONE, Tick.STORED_ON_BOTH, None, Tick.WAITING]


def test_new_messages_are_appended_before_the_outbox() -> None:
    model = Cache([message(1)]).list([pending(9)])
    changes = model.add([message(2)])
    assert texts(model) == ["message 1", "message 2", "pending 9"]
    assert changes[0] == Inserted(1, 1)


def test_older_messages_are_put_before() -> None:
    model = Cache([message(5)]).list()
    assert model.add([message(3), message(4)])[0] == Inserted(0, 2)
    assert texts(model) == ["message 3", "message 4", "message 5"]


def test_more_of_the_cache_is_put_before_without_reading_it() -> None:
    cache = Cache(message(index) for index in range(1, 1001))
    model = MessageList(
        cache.page, array("q", range(901, 1001)), [], own_user="me", own_name="Me", today=lambda: TODAY
    )
    assert model.add_older(array("q", range(1, 901)))[0] == Inserted(0, 900)
    assert cache.read_count == 0
    assert model.row(0).text == "message 1"
    assert model.add_older(array("q")) == []


def test_messages_between_known_ones_find_their_place() -> None:
    model = Cache([message(2), message(5), message(9)]).list()
    inserted = [change for change in model.add([message(1), message(3), message(4), message(7)])
                if isinstance(change, Inserted)]  # fmt: skip
    assert inserted == [Inserted(0, 1), Inserted(2, 2), Inserted(5, 1)]
    assert [model.message(number).index for number in range(7)] == [1, 2, 3, 4, 5, 7, 9]


def test_a_message_that_comes_twice_is_shown_once() -> None:
    model = Cache([message(1)]).list()
    model.add([message(2)])
    assert model.add([message(2)]) == []
    assert len(model) == 2


def test_an_own_message_leaves_the_outbox_when_it_is_delivered() -> None:
    model = Cache([message(1)]).list([pending(7), pending(8)])
    delivered = message(2, user="me", text="pending 7")
    delivered = msgspec.structs.replace(delivered, device="me-device", counter=7)
    changes = model.add([delivered])
    assert Removed(1, 1) in changes
    assert texts(model) == ["message 1", "pending 7", "pending 8"]
    assert [model.row(number).tick for number in (1, 2)] == [Tick.STORED_ON_BOTH, Tick.WAITING]


def test_a_ticket_becomes_a_counter_and_a_stored_one_gets_its_tick() -> None:
    model = Cache([]).list()
    model.add_pending(pending(-1))
    assert model.number_pending(-1, 12)
    model.raise_copies([12], 2)
    assert model.row(0).tick is Tick.STORED_ON_BOTH


def test_a_merge_drops_what_lies_behind() -> None:
    model = Cache([message(1), message(2), message(3)]).list([pending(4)])
    assert model.drop_behind(1)[0] == Removed(1, 2)
    assert texts(model) == ["message 1", "pending 4"]


def test_the_line_new_messages_stands_before_the_first_of_them() -> None:
    model = Cache([message(1), message(2), message(3)]).list(new_from=2)
    assert [model.row(number).is_first_new for number in range(3)] == [False, True, False]
    assert model.row(1).starts_run
    model.mark_new_from(0)
    assert not model.row(1).is_first_new
