"""`/draft`, `/drafts`, and what becomes of a line that was begun."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from server.client.notices import Connected, RoomsChanged
from server.protocol.facts import RoomFacts
from server.terminal.asking import Asking
from server.terminal.drafts import Drafts
from server.terminal.outbox_file import OutboxFile
from server.terminal.rooms import GENERAL, Conversations
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper

ROOMS = [
    RoomFacts(GENERAL, GENERAL, 3, is_member=True, kind="general"),
    RoomFacts("g1", "garden", 2, is_member=True, kind="group"),
]


class Desk:
    """Somebody who types, in the general room at first."""

    def __init__(self, path: Path, *, is_interactive: bool, is_json: bool) -> None:
        self.paper = Paper(is_json=is_json)
        self.outbox = OutboxFile(path)
        printer = self.paper.printer
        self.rooms = Conversations(
            Asking(self.outbox.next_counter, printer.note), lambda _messages: None, keep=self.outbox
        )
        self.rooms.connect(as_links(Asker()))
        self.rooms.hear(Connected(server="a", address="a:1", user="u", name="anna", chat="C", cluster="c"))
        self.rooms.hear(RoomsChanged(rooms=ROOMS))
        self._ms = 0
        self.drafts = Drafts(self.outbox, self.rooms, printer, self._now, is_interactive=is_interactive)

    def _now(self) -> int:
        self._ms += 1
        return self._ms

    def go(self, room: str) -> None:
        self.rooms.enter(room)
        self.drafts.look()

    def line(self) -> str:
        """What a new line begins with."""
        return self.drafts.next_line(is_empty=True)

    def send(self, text: str, room: str = GENERAL, *, is_by_command: bool = False) -> None:
        is_end = self.drafts.ends(room, [text], is_by_command=is_by_command)
        self.outbox.put(room, [text], 1, ends_begun=is_end)
        self.drafts.sent(room, is_end=is_end)

    def kept(self) -> dict[str, str]:
        return self.outbox.begun()


@pytest.fixture
def desk_of(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Each is a new start of the program."""
    desks: list[Desk] = []

    def start(*, is_interactive: bool = True, is_json: bool = False) -> Desk:
        for desk in desks:
            desk.outbox.close()
        desks.append(Desk(tmp_path / "anna.sqlite", is_interactive=is_interactive, is_json=is_json))
        return desks[-1]

    yield start
    for desk in desks:
        desk.outbox.close()


@pytest.fixture
def desk(desk_of: Callable[..., Desk]) -> Desk:
    return desk_of()


def test_what_stood_in_the_line_is_there_again_at_the_next_start_until_it_is_sent(
    desk_of: Callable[..., Desk],
) -> None:
    desk = desk_of()
    assert desk.line() == ""
    desk.drafts.left("half a li")
    desk = desk_of()
    assert desk.line() == "half a li"
    # Once only: it is in the line now.
    assert desk.line() == ""
    desk.send("half a line, and more")
    assert desk.kept() == {}
    assert desk_of().line() == ""


def test_each_conversation_has_its_own(desk: Desk) -> None:
    desk.drafts.typed("/room garden", cleared="half for all")
    desk.go("g1")
    assert desk.line() == ""
    desk.drafts.typed("/room general", cleared="half for the garden")
    desk.go(GENERAL)
    assert desk.line() == "half for all"
    assert desk.kept() == {GENERAL: "half for all", "g1": "half for the garden"}
    desk.send("half for all, done")
    desk.go("g1")
    assert desk.line() == "half for the garden"
    desk.send("half for the garden, done", "g1")
    assert desk.kept() == {}


def test_what_is_laid_aside_outlives_what_is_said_meanwhile(desk: Desk) -> None:
    desk.drafts.draft("a long thought")
    assert desk.paper.notes == ["* Kept, and not sent: /draft brings it back."]
    assert desk.line() == ""
    desk.send("a quick answer")
    assert desk.line() == "a long thought"
    # From here on it is what the person makes of it.
    desk.send("a short thought")
    assert desk.kept() == {}


def test_what_was_in_the_line_and_had_to_make_place_for_a_command_is_kept_as_it_stood(desk: Desk) -> None:
    desk.drafts.left("half")
    desk.drafts.draft("")
    assert desk.line() == "half"
    desk.drafts.typed("/who", cleared="half and more")
    desk.send("yes")
    assert desk.line() == "half and more"


def test_what_was_thrown_away_before_a_message_or_a_question_is_gone(desk: Desk) -> None:
    desk.drafts.typed("another text", cleared="thrown away")
    desk.drafts.typed("/status", cleared="thrown away")
    assert desk.kept() == {}
    desk.drafts.left("  ")
    desk.drafts.left("/room gar")
    assert desk.kept() == {}
    desk.drafts.left("//shrug")
    assert desk.kept() == {GENERAL: "//shrug"}


def test_two_things_that_were_begun_are_both_kept(desk: Desk) -> None:
    desk.drafts.draft("the first")
    desk.drafts.left("the second")
    assert desk.kept() == {GENERAL: "the first\nthe second"}
    desk.go("g1")
    desk.go(GENERAL)
    assert desk.line() == "the first\nthe second"
    desk.drafts.left("the second")
    assert desk.kept() == {GENERAL: "the second"}


def test_a_line_in_which_something_stands_stays_as_it_is(desk: Desk) -> None:
    desk.drafts.draft("words")
    desk.drafts.draft("")
    assert desk.paper.notes[-1] == "* not sent yet: words"
    assert desk.drafts.next_line(is_empty=False) == ""
    desk.send("typed ahead")
    assert desk.kept() == {GENERAL: "words"}
    assert desk.line() == "words"


def test_an_answer_ends_it_when_it_has_its_words(desk: Desk) -> None:
    desk.drafts.draft("words")
    desk.drafts.draft("")
    assert desk.line() == "words"
    desk.send("no", is_by_command=True)
    assert desk.kept() == {GENERAL: "words"}
    desk.send("my words", is_by_command=True)
    assert desk.kept() == {}


def test_who_is_put_out_of_a_conversation_keeps_what_was_meant_for_it(desk: Desk) -> None:
    desk.go("g1")
    desk.rooms.room = ""
    desk.drafts.look()
    desk.drafts.left("half")
    assert desk.kept() == {"g1": "half"}


def test_it_is_dropped_when_that_is_wanted(desk: Desk) -> None:
    desk.drafts.draft("words")
    desk.drafts.draft('""')
    assert desk.paper.notes[-1] == "* Nothing is kept unsent here any more."
    desk.send("yes")
    assert (desk.kept(), desk.line()) == ({}, "")


def test_of_a_line_without_end_a_part_is_kept(desk: Desk) -> None:
    desk.drafts.left("x" * 100_000)
    assert desk.kept() == {GENERAL: "x" * 32_000}
    desk.drafts.draft('""')
    desk.drafts.left("caf\udce9")
    assert desk.kept() == {GENERAL: "caf?"}


def test_what_can_be_no_message_is_no_draft(desk: Desk) -> None:
    for text in ("x" * 8_001, "\udcff"):
        desk.drafts.draft(text)
    assert (desk.kept(), desk.drafts.has_failed) == ({}, True)
    assert desk.paper.notes[0].startswith("* The message is too long")


def test_all_are_listed_and_marked_among_the_conversations(desk: Desk) -> None:
    desk.drafts.list_all("")
    assert desk.paper.notes.pop() == "* Nothing is kept unsent."
    desk.drafts.draft("for\x1b[31m all")
    desk.go("g1")
    desk.drafts.draft("y" * 90)
    desk.paper.notes.clear()
    desk.drafts.list_all("")
    assert desk.paper.notes == [f"* +garden: {'y' * 59}…", "* #general: for�[31m all"]
    lines = desk.rooms.rooms.lines("g1", {GENERAL: 2})
    assert lines[0].endswith("(for everybody, 3 members, 2 unread messages, unsent draft)")
    assert lines[1].endswith("(group, 2 members, unsent draft)")


def test_for_programs_a_draft_is_theirs_to_keep_and_any_message_ends_it(
    desk_of: Callable[..., Desk],
) -> None:
    desk = desk_of(is_interactive=False, is_json=True)
    desk.drafts.draft("words")
    desk.drafts.draft("")
    desk.drafts.list_all("")
    told = {"notice": "drafts", "drafts": [[GENERAL, "words"]]}
    assert [msgspec.json.decode(line) for line in desk.paper.lines] == [told, told]
    assert desk.line() == ""
    desk.send("something else")
    desk.drafts.draft("")
    assert msgspec.json.decode(desk.paper.lines[-1]) == {"notice": "drafts", "drafts": []}
