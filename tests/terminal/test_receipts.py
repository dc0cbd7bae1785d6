"""What a terminal prints is read; `/unread` and `/receipts` say how things stand."""

from msgspec import structs

from server.client.notices import (
    Answered,
    Connected,
    CopiesRaised,
    Diverged,
    PositionMoved,
    QuestionFailed,
    Stored,
)
from server.protocol import events, requests
from server.protocol.events import Message
from server.protocol.facts import FileFacts, RoomFacts
from server.protocol.requests import Cursor
from server.terminal.receipts import ReceiptErrands
from server.terminal.room_list import RoomList
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper


class Desk:
    """Somebody who reads and asks."""

    def __init__(self) -> None:
        self.asker, self.paper = Asker(), Paper()
        self.quiet: set[str] = set()
        self.rooms = RoomList()
        self.errands = ReceiptErrands(
            lambda: "general",
            self.paper.printer.note,
            self.rooms.label_of,
            is_quiet=self.quiet.__contains__,
        )
        self.errands.connect(as_links(self.asker))
        self.errands.hear(
            Connected(server="a", address="a:1", user="me", name="Anna", chat="Chat", cluster="c")
        )

    def print(self, *indices: int, user: str = "ben", text: str = "hello") -> None:
        self.errands.printed([message(index, user, text) for index in indices])

    def move(self, index: int) -> None:
        cursor = Cursor("1.a.0", index)
        self.errands.hear(PositionMoved(cursor=cursor, number=index, archive_number=index))

    def answer(self, answer: events.AnyAnswer) -> None:
        self.errands.hear(Answered(ticket=len(self.asker.asked), answer=answer))


def message(index: int, user: str, text: str) -> Message:
    return Message(index, index, "general", user, user, "d", index, 0, text)


def test_what_is_printed_is_read_up_to_the_position() -> None:
    desk = Desk()
    desk.print(3, 4)
    assert desk.asker.marks == []
    desk.move(4)
    assert desk.asker.marks == [(Cursor("1.a.0", 4), {"general": 4})]


def test_a_mention_in_a_muted_room_marks_nothing_that_was_kept_back() -> None:
    desk = Desk()
    desk.quiet.add("general")
    desk.print(4)
    desk.move(4)
    assert desk.asker.marks == []
    # One comes to the room.
    desk.quiet.clear()
    desk.print(3, 4)
    assert desk.asker.marks == [(Cursor("1.a.0", 4), {"general": 4})]


def test_a_merge_takes_back_what_was_printed_behind_it() -> None:
    desk = Desk()
    desk.print(3, 4)
    desk.errands.hear(Diverged(index=3))
    desk.move(9)
    assert desk.asker.marks == [(Cursor("1.a.0", 9), {"general": 3})]


def test_unread_messages_are_counted_by_room() -> None:
    desk = Desk()
    private = RoomFacts("p1", "Ben", 2, is_member=True, kind="private")
    desk.rooms.learn([RoomFacts("r1", "garden", 2, is_member=True), private])
    desk.errands.unread("")
    desk.asker.last(requests.Unread)
    desk.answer(events.UnreadCounts(counts=[("r1", 1), ("p1", 2), ("general", 1_000)]))
    assert desk.paper.notes == [
        "* #garden: 1 unread message",
        "* @Ben: 2 unread messages",
        "* #general: 1000+ unread messages",
    ]
    desk.errands.unread("")
    desk.answer(events.UnreadCounts(counts=[]))
    assert desk.paper.notes[-1] == "* Nothing is unread."
    assert not desk.errands.is_waiting


def test_receipts_of_the_last_own_messages() -> None:
    desk = Desk()
    desk.errands.receipts("")
    assert "You have written nothing here" in desk.paper.text()
    desk.print(5, user="me", text="the first line\nof two")
    desk.print(6)
    desk.errands.receipts("")
    assert desk.asker.last(requests.Receipts).index == 5
    desk.answer(events.RoomReceipts(room="general", members=3, delivered=2, read=1))
    assert desk.paper.notes[-1] == "* the first line: 2 of 3 have it, 1 of them have read it"
    desk.print(7, user="me")
    desk.errands.receipts("2")
    asked = [question for question in desk.asker.asked if isinstance(question, requests.Receipts)]
    assert [question.index for question in asked] == [5, 5, 7]


def test_r3_5_it_is_said_on_how_many_servers_a_message_is() -> None:
    desk = Desk()
    desk.print(5, user="me", text="alone")
    desk.print(6, user="me", text="both")
    desk.errands.hear(Stored(counter=1, index=5, number=1, copies=1))
    desk.errands.hear(Stored(counter=2, index=6, number=2, copies=2))

    def told() -> list[str]:
        desk.errands.receipts("2")
        asked = len(desk.asker.asked)
        for ticket in (asked - 1, asked):
            answer = events.RoomReceipts(answer=ticket, room="general", members=1, delivered=1, read=0)
            desk.errands.hear(Answered(ticket, answer))
        return [line.partition("read it ")[2] for line in desk.paper.notes[-2:]]

    assert told() == ["(stored on one server so far)", "(stored on both servers)"]
    desk.errands.hear(CopiesRaised(index=6))
    assert told() == ["(stored on both servers)"] * 2
    # A merge took it back, and nobody knows where it is now.
    desk.errands.hear(Diverged(index=5))
    desk.print(6, user="me", text="both")
    assert told() == ["(stored on both servers)", ""]


def test_a_file_without_a_text_is_called_by_its_name() -> None:
    desk = Desk()
    file = FileFacts("0" * 64, 5, "bread.jpg", "image/jpeg")
    mine = structs.replace(message(5, "me", ""), file=file)
    desk.errands.printed([mine])
    desk.errands.receipts("")
    desk.answer(events.RoomReceipts(room="general", members=1, delivered=1, read=0))
    assert desk.paper.notes[-1] == "* bread.jpg: 1 of 1 have it, 0 of them have read it"


def test_a_question_without_an_answer_costs_the_good_end() -> None:
    desk = Desk()
    desk.errands.unread("")
    assert desk.errands.is_waiting
    desk.errands.hear(QuestionFailed(ticket=1, code="unknown"))
    assert (desk.errands.is_waiting, desk.errands.has_failed) == (False, True)


def test_typing_is_passed_on() -> None:
    desk = Desk()
    desk.errands.typing("")
    assert desk.asker.typed == ["general"]
