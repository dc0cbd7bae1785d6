"""`/around`, `/before` and `/after`: what they ask for, what they print, and where they go on."""

from server.client.notices import Answered, Diverged, QuestionFailed
from server.protocol import events
from server.protocol.events import HistoryPage, Message
from server.protocol.requests import History
from server.terminal.history import Pages
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper, message

GROUP = "g1"


class Desk:
    """Somebody who reads; the room has the messages 1 to 100, of which the last ten stand there."""

    def __init__(self) -> None:
        self.asker, self.paper, self.room = Asker(), Paper(), "general"
        printer = self.paper.printer
        self.pages = Pages(
            printer.shown, room=lambda: self.room, show=printer.past, note=self.paper.printer.note
        )
        self.pages.connect(as_links(self.asker))
        self.print(said(91, 100))

    def print(self, messages: list[Message]) -> None:
        self.paper.printer.messages(messages)
        self.pages.printed(messages)

    def answer(self, messages: list[Message], *, is_end: bool = False, has_newer: bool = False) -> None:
        """The page that was asked for last."""
        senders, rows = events.as_run(messages)
        room = self.asker.last(History).room
        page = HistoryPage(room=room, senders=senders, rows=rows, is_end=is_end, has_newer=has_newer)
        self.pages.hear(Answered(ticket=len(self.asker.asked), answer=page))

    def asked(self) -> tuple[str, int | None, int | None, int | None]:
        """The room, and the place before, after or around which the last page is to lie."""
        question = self.asker.last(History)
        return question.room, question.before, question.after, question.around

    def told(self) -> list[str]:
        """What was noted since the last look."""
        notes = self.paper.notes.copy()
        self.paper.notes.clear()
        return notes


def said(first: int, last: int, room: str = "general") -> list[Message]:
    return [message(n, f"text {n}", room=room) for n in range(first, last + 1)]


def test_around_a_message_its_place_is_shown_with_numbers_and_a_sign() -> None:
    desk = Desk()
    desk.pages.around("3")
    assert desk.asked() == ("general", None, None, 93)
    waited = [desk.pages.is_waiting]
    desk.answer(said(90, 94), has_newer=True)
    assert [*waited, desk.pages.is_waiting] == [True, False]
    told = desk.told()
    # Those that have a number keep it.
    assert [line[:8] for line in told[:5]] == ["*   11  ", "*    1  ", "*    2  ", "*→   3  ", "*    4  "]
    assert told[0].endswith(" anna: text 90")
    assert told[5] == "* There is more: /before goes back, /after goes on."


def test_from_a_page_one_goes_on_to_both_sides_until_its_ends() -> None:
    desk = Desk()
    desk.pages.around("3")
    desk.answer(said(90, 94), has_newer=True)
    # What comes meanwhile is no part of the page.
    desk.print(said(101, 102))
    desk.pages.before("")
    assert desk.asked() == ("general", 90, None, None)
    desk.answer(said(1, 89), is_end=True)
    assert desk.told()[-1] == "* Here it begins; /after goes on."
    desk.pages.after("")
    assert desk.asked() == ("general", None, 89, None)
    desk.answer(said(90, 102), is_end=True)
    assert desk.told()[-1] == "* These are the newest messages; /before goes back."
    desk.pages.before("")
    assert desk.asked() == ("general", 90, None, None)


def test_further_back_is_before_what_stands_on_the_screen() -> None:
    desk = Desk()
    desk.pages.before("")
    assert desk.asked() == ("general", 91, None, None)
    desk.room = GROUP
    desk.pages.before("")
    assert desk.asked() == (GROUP, None, None, None)
    desk.answer([], is_end=True)
    assert desk.told() == ["* There is no more than this."]


def test_with_a_number_the_page_lies_beside_that_message() -> None:
    desk = Desk()
    desk.pages.before("5")
    assert desk.asked() == ("general", 95, None, None)
    desk.pages.after("5")
    assert desk.asked() == ("general", None, 95, None)


def test_programs_say_a_room_and_an_index() -> None:
    desk = Desk()
    desk.pages.around(f"{GROUP}:4711")
    assert desk.asked() == (GROUP, None, None, 4711)
    desk.pages.before(f"{GROUP}:9999999999999999")
    assert desk.asked() == (GROUP, 2**53, None, None)


def test_a_page_of_another_room_goes_on_there_until_one_moves() -> None:
    desk = Desk()
    desk.pages.around(f"{GROUP}:50")
    desk.answer(said(40, 59, GROUP), has_newer=True)
    desk.pages.before("")
    assert desk.asked() == (GROUP, 40, None, None)
    desk.room = GROUP
    desk.pages.entered(said(71, 80, GROUP))
    desk.pages.before("")
    assert desk.asked() == (GROUP, 71, None, None)


def test_a_merge_gives_what_lies_behind_the_cut_other_places() -> None:
    desk = Desk()
    desk.pages.hear(Diverged(index=95))
    desk.pages.after("")
    assert desk.asked() == ("general", None, 95, None)
    desk.paper.printer.messages([message_moved(100, 300)])
    desk.pages.around("10")
    assert desk.asked() == ("general", None, None, 300)


def message_moved(counter: int, index: int) -> Message:
    (moved,) = said(index, index)
    return Message(**{name: getattr(moved, name) for name in moved.__struct_fields__} | {"counter": counter})


def test_what_is_not_there_is_told_and_costs_the_good_end() -> None:
    for words in ("", "77", "x", "0", "9" * 30, f"{GROUP}:", ":7", "general:1:x"):
        desk = Desk()
        desk.pages.around(words)
        assert desk.told() == ["* Around which message? /last and /search show their numbers: /around 12"], (
            words
        )
        assert (desk.asker.asked, desk.pages.has_failed) == ([], True)
    desk = Desk()
    desk.pages.before("77")
    assert desk.told() == ["* Which message? /last shows the last ones with their numbers."]
    desk.room = ""
    desk.pages.before("")
    assert desk.asker.asked == []


def test_a_page_without_an_answer_costs_the_good_end() -> None:
    desk = Desk()
    desk.pages.around("3")
    desk.pages.hear(QuestionFailed(ticket=1, code="unknown", arguments={}))
    assert (desk.pages.is_waiting, desk.pages.has_failed) == (False, True)


def test_what_was_looked_up_is_not_among_the_last_ones() -> None:
    desk = Desk()
    desk.pages.before("")
    desk.answer(said(85, 90))
    shown = desk.paper.printer.shown
    assert [each.counter for _number, each in shown.newest(2)] == [99, 100]
    old = shown.find(11)
    assert old is not None
    assert old.counter == 85
