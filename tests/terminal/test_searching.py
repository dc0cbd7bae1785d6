"""`/search` in the terminal: where it looks, what it prints, and how it goes on."""

from server.client.notices import Answered, QuestionFailed
from server.protocol import events, requests
from server.protocol.facts import RoomFacts, SearchHit
from server.terminal.room_list import RoomList
from server.terminal.searching import Searching
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import NOON_MS, Paper, message


class Desk:
    """A searching person."""

    def __init__(self) -> None:
        self.asker, self.paper = Asker(), Paper()
        self.rooms = RoomList()
        self.searching = Searching(
            lambda: "general", self.paper.printer.note, self.paper.printer.shown.add_hit, self.rooms.label_of
        )
        self.searching.connect(as_links(self.asker))

    def answer(self, *hits: SearchHit, is_end: bool = True) -> None:
        page = events.SearchPage(hits=list(hits), reached=hits[-1].index if hits else 1, is_end=is_end)
        self.searching.hear(Answered(ticket=len(self.asker.asked), answer=page))


def hit(
    index: int, text: str, *, room: str = "general", start: int = 0, length: int = 0, counter: int = 0
) -> SearchHit:
    identity, whole = ("d", counter or index), length or len(text)
    return SearchHit(index, index, room, "u", "ben", *identity, NOON_MS, text, start, whole, [])


def test_it_looks_in_this_room_and_everywhere_when_asked() -> None:
    desk = Desk()
    desk.searching.search('bread "and butter" wor*')
    here = desk.asker.last(requests.Search)
    assert (here.text, here.room, here.before) == ('bread "and butter" wor*', "general", None)
    desk.searching.search("-a bread")
    everywhere = desk.asker.last(requests.Search)
    assert (everywhere.text, everywhere.room) == ("bread", None)


def test_results_are_numbered_with_day_name_and_what_was_found() -> None:
    desk = Desk()
    desk.searching.search("bread")
    desk.answer(hit(9, "bread\nand butter"), hit(4, "of bread", start=30, length=100))
    assert not desk.searching.is_waiting
    first, second = desk.paper.notes
    assert first.startswith("*    1  2023-11-14 ")
    assert first.endswith(" ben: bread and butter")
    assert second.endswith(" ben: … of bread …")


def test_what_is_found_has_the_number_by_which_it_was_shown() -> None:
    desk = Desk()
    desk.paper.printer.messages([message(7, "bread"), message(8, "tea")])
    desk.searching.search("bread")
    desk.answer(hit(9, "bread", counter=9), hit(7, "bread", counter=7))
    assert [line.split()[1] for line in desk.paper.notes] == ["3", "1"]
    found = desk.paper.printer.shown.find(3)
    assert found is not None
    assert (found.index, found.room, found.text) == (9, "general", "bread")


def test_results_of_everywhere_name_the_room() -> None:
    desk = Desk()
    private = RoomFacts("p1", "Ben", 2, is_member=True, kind="private")
    desk.rooms.learn([RoomFacts("r1", "garden", 2, is_member=True), private])
    desk.searching.search("-a bread")
    desk.answer(hit(9, "bread", room="r1"), hit(8, "more bread", room="p1"))
    assert "#garden ben: bread" in desk.paper.text()
    assert "@Ben ben: more bread" in desk.paper.text()


def test_without_words_the_last_search_goes_on() -> None:
    desk = Desk()
    desk.searching.search("bread")
    desk.answer(hit(9, "bread"), hit(7, "bread"), is_end=False)
    assert "There may be more" in desk.paper.text()
    desk.searching.search("")
    assert desk.asker.last(requests.Search).before == 7
    desk.answer(hit(3, "old bread"))
    assert desk.paper.notes[-1].startswith("*    3  ")
    assert "Nothing was found" not in desk.paper.text()


def test_what_is_not_found_is_said() -> None:
    desk = Desk()
    desk.searching.search("bread")
    desk.answer()
    assert desk.paper.notes == ["* Nothing was found."]


def test_without_any_words_it_says_how() -> None:
    desk = Desk()
    desk.searching.search("")
    assert "/search -a WORDS" in desk.paper.text()
    assert desk.asker.asked == []


def test_a_search_without_an_answer_costs_the_good_end() -> None:
    desk = Desk()
    desk.searching.search("bread")
    desk.searching.hear(QuestionFailed(ticket=1, code="index_not_ready", arguments={"percent": 3}))
    assert (desk.searching.is_waiting, desk.searching.has_failed) == (False, True)


def test_what_others_wrote_cannot_steer_the_terminal() -> None:
    desk = Desk()
    desk.searching.search("bread")
    desk.answer(hit(9, "bread\x1b[31m\u202ered"))
    assert "\x1b" not in desk.paper.text()
    assert "\u202e" not in desk.paper.text()
