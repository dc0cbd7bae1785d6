"""Exporting: page after page into a file that is whole, or not there."""

from pathlib import Path

import pytest

from server.client.notices import Answered, Connected, Diverged, QuestionFailed, RoomsChanged
from server.network.clock import SystemClock
from server.protocol import events, requests
from server.protocol.facts import RoomFacts
from server.terminal.exporting import Export, Exporting
from server.terminal.room_list import RoomList
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper, message

ROOMS = [
    RoomFacts("general", "general", 2, is_member=True),
    RoomFacts("r1", "Garden", 2, is_member=True),
    RoomFacts("r2", "attic", 2, is_member=False),
    RoomFacts("r3", "Ben", 2, is_member=True, kind="group"),
    RoomFacts("r4", "ben", 2, is_member=True, kind="private"),
    RoomFacts("r5", "ours", 2, is_member=True, kind="group"),
    RoomFacts("r6", "Ours", 2, is_member=True, kind="group"),
]


class Desk:
    """A person who exports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asker, self.paper = Asker(), Paper()
        self.rooms = RoomList()
        self.exporting = Exporting(lambda: "general", self.rooms, SystemClock(), self.paper.printer.note)
        self.exporting.connect(as_links(self.asker))

    def connect(self) -> None:
        connected = Connected(server="a", address="a:1", user="u", name="anna", chat="Lab", cluster="c")
        self.exporting.hear(connected)
        self.rooms.learn(ROOMS)
        self.exporting.hear(RoomsChanged(rooms=ROOMS))

    def answer(self, *numbers: int, is_end: bool = False) -> None:
        senders, rows = events.as_run([message(n, f"text {n}") for n in numbers])
        page = events.HistoryPage(room="r", senders=senders, rows=rows, is_end=is_end)
        self.exporting.hear(Answered(ticket=len(self.asker.asked), answer=page))

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.connect()
    return desk


def test_pages_follow_each_other_into_one_file(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "talk.txt"))
    assert desk.asker.last(requests.History).after == 0
    desk.answer(1, 2, 5)
    assert desk.asker.last(requests.History).after == 5
    assert desk.files() == ["talk.txt.part"]
    desk.answer(9, is_end=True)
    assert not desk.exporting.is_waiting
    assert desk.files() == ["talk.txt"]
    lines = (desk.folder / "talk.txt").read_text().splitlines()
    assert [line.rpartition(" ")[2] for line in lines[3:]] == ["1", "2", "5", "9"]
    assert "4 messages are in" in desk.paper.text()


@pytest.mark.parametrize(
    ("name", "begin"), [("a.html", "<!DOCTYPE"), ("a.JSON", '{"chat"'), ("a", "#general in Lab")]
)
def test_the_ending_says_the_format(desk: Desk, name: str, begin: str) -> None:
    desk.exporting.export(str(desk.folder / name))
    desk.answer(1, is_end=True)
    assert (desk.folder / name).read_text().startswith(begin)


def test_an_ending_that_says_no_format_is_refused_and_a_path_may_stand_in_quotes(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "a.doc"))
    assert "ends in .html, .json or .txt" in desk.paper.text()
    assert desk.exporting.has_failed
    desk.exporting.export(f'"{desk.folder}/a b.txt"')
    desk.answer(1, is_end=True)
    assert desk.files() == ["a b.txt"]


def test_who_writes_it_elsewhere_says_where_it_is(desk: Desk) -> None:
    desk.exporting.begin(Export("general", "text", desk.folder / "export", "the standard output"))
    desk.answer(1, is_end=True)
    assert "1 message is in the standard output." in desk.paper.text()


@pytest.mark.parametrize("room", ["garden", "r1"])
def test_a_room_is_known_by_its_name_or_id_once_somebody_has_us(tmp_path: Path, room: str) -> None:
    desk = Desk(tmp_path)
    desk.exporting.begin(Export(room, "text", tmp_path / "garden.txt"))
    assert desk.asker.asked == []
    desk.connect()
    assert desk.asker.last(requests.History).room == "r1"
    desk.answer(is_end=True)
    assert desk.files() == ["garden.txt"]


@pytest.mark.parametrize("room", ["attic", "r2", "nowhere"])
def test_a_room_of_others_is_refused(desk: Desk, room: str) -> None:
    desk.exporting.begin(Export(room, "text", desk.folder / "a.txt"))
    assert "You are not a member" in desk.paper.text()
    assert (desk.exporting.is_waiting, desk.exporting.has_failed, desk.files()) == (False, True, [])


@pytest.mark.parametrize(
    ("room", "label"), [("+ben", "+Ben"), ("@Ben", "@ben"), ("r4", "@ben"), ("Ben", "@ben")]
)
def test_of_two_that_are_called_alike_the_sign_says_which(desk: Desk, room: str, label: str) -> None:
    desk.exporting.begin(Export(room, "text", desk.folder / "ben.txt"))
    desk.answer(1, is_end=True)
    assert (desk.folder / "ben.txt").read_text().startswith(f"{label} in Lab")


def test_of_two_that_are_called_alike_none_is_written_by_chance(desk: Desk) -> None:
    desk.exporting.begin(Export("ours", "text", desk.folder / "a.txt"))
    assert "Several conversations are called ours" in desk.paper.text()
    assert (desk.exporting.is_waiting, desk.exporting.has_failed, desk.files()) == (False, True, [])


def test_a_file_that_is_there_is_never_written_over(desk: Desk) -> None:
    (desk.folder / "a.txt").write_text("mine")
    for path in ("/", str(desk.folder / "a.txt")):
        desk.exporting.export(path)
        assert f"There is a file {path} already" in desk.paper.text()
    assert desk.exporting.has_failed
    assert (desk.folder / "a.txt").read_text() == "mine"


def test_a_part_of_something_else_is_never_written_over_nor_taken_away(desk: Desk) -> None:
    (desk.folder / "a.txt.part").write_text("mine")
    desk.exporting.export(str(desk.folder / "a.txt"))
    assert "There is a file" in desk.paper.text()
    assert "a.txt.part already" in desk.paper.text()
    desk.exporting.close()
    assert (desk.exporting.is_waiting, desk.exporting.has_failed) == (False, True)
    assert (desk.folder / "a.txt.part").read_text() == "mine"


def test_a_file_that_comes_in_between_is_not_written_over(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "a.txt"))
    (desk.folder / "a.txt").write_text("mine")
    desk.answer(1, is_end=True)
    assert "cannot be written: File exists" in desk.paper.text()
    assert (desk.folder / "a.txt").read_text() == "mine"
    assert desk.files() == ["a.txt"]


def test_an_end_before_the_end_leaves_nothing_behind(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "a.txt"))
    desk.answer(1, 2)
    desk.exporting.close()
    assert desk.files() == []


def test_a_folder_that_is_not_there_is_said(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "none" / "a.txt"))
    assert "cannot be written: No such file or directory" in desk.paper.text()
    assert (desk.exporting.is_waiting, desk.exporting.has_failed) == (False, True)


def test_a_merge_behind_what_was_written_begins_from_the_beginning(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "a.txt"))
    desk.answer(1, 2, 3)
    desk.exporting.hear(Diverged(index=2))
    assert desk.asker.last(requests.History).after == 0
    desk.answer(1, 2, 7, is_end=True)
    assert [line[-1] for line in (desk.folder / "a.txt").read_text().splitlines()[3:]] == ["1", "2", "7"]


def test_a_merge_before_it_began_changes_nothing(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "a.txt"))
    desk.answer(1, 2, 3)
    desk.exporting.hear(Diverged(index=3))
    assert desk.asker.last(requests.History).after == 3
    desk.answer(is_end=True)
    assert desk.files() == ["a.txt"]


def test_without_an_answer_nothing_is_left_behind(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "a.txt"))
    desk.answer(1, 2)
    desk.exporting.hear(QuestionFailed(ticket=2, code="not_a_member", arguments={"room": "r"}))
    assert (desk.exporting.is_waiting, desk.exporting.has_failed, desk.files()) == (False, True, [])


def test_one_export_at_a_time(desk: Desk) -> None:
    desk.exporting.export(str(desk.folder / "a.txt"))
    desk.exporting.export(str(desk.folder / "b.txt"))
    assert "Another export is under way." in desk.paper.text()
    desk.answer(is_end=True)
    assert desk.files() == ["a.txt"]


def test_without_a_file_it_says_how(desk: Desk) -> None:
    desk.exporting.export("")
    assert "Into which file?" in desk.paper.text()
