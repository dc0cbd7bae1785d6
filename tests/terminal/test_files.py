"""Files in a terminal: sent by their path, fetched by their number, with a bar for how far they are."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from server.client.notices import Refused, Stored, TransferEnded, TransferFailed, TransferMoved
from server.protocol.events import Message
from server.protocol.facts import FileFacts
from server.terminal.files import Files, bar
from server.terminal.printing import size_text
from tests.terminal.paper import Paper, message

FILE = FileFacts("a" * 64, 5, "x.txt", "text/plain")


def with_file(counter: int, name: str = "x.txt") -> Message:
    return structs.replace(message(counter, ""), file=structs.replace(FILE, name=name))


class Desk:
    """The files of a person, with links that only note what is asked of them."""

    def __init__(self, kept: dict[int, tuple[str, bytes]] | None = None) -> None:
        self.paper = Paper()
        # What is on disk of uploads.
        self.kept = {} if kept is None else kept
        self.written: list[FileFacts] = []
        self.shown: list[str] = []
        # Where the person talks, and where the messages went.
        self.room = "general"
        self.rooms: list[str] = []
        self.asked: list[object] = []
        self.files = Files(
            note=self.paper.printer.note,
            keep=self,
            write=self._write,
            room=lambda: self.room,
            listed=self.paper.printer.with_file,
            show=self.shown.append,
        )
        links: Any = self
        self.files.connect(links)

    def uploads(self) -> list[tuple[int, str, bytes]]:
        return [(upload, *about) for upload, about in self.kept.items()]

    def keep_upload(self, room: str, path: bytes) -> int:
        self.kept[len(self.asked) + 1] = room, path
        return len(self.asked) + 1

    def drop_upload(self, upload: int) -> None:
        del self.kept[upload]

    def _write(self, room: str, file: FileFacts, upload: int) -> int:
        del self.kept[upload]
        self.rooms.append(room)
        self.written.append(file)
        return len(self.written)

    # As much of the links as is used.

    def upload(self, path: Path) -> int:
        self.asked.append(path)
        return len(self.asked)

    def download(self, room: str, file: FileFacts, folder: Path) -> int:
        self.asked.append((room, file.name, folder))
        return len(self.asked)


def test_a_file_that_was_not_sent_when_the_program_died_goes_on_or_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    (tmp_path / "x.txt").write_text("hello")
    (tmp_path / "gone.txt").write_text("hello")
    monkeypatch.chdir(tmp_path)
    desk.files.send("x.txt")
    desk.files.send("gone.txt")
    (tmp_path / "gone.txt").unlink()
    monkeypatch.chdir("/")
    again = Desk(desk.kept)
    assert again.asked == [tmp_path / "x.txt"]
    assert f"{tmp_path}/x.txt was not sent yet; it is sent now." in again.paper.text()
    assert f"{tmp_path}/gone.txt was not sent, and is not there any more." in again.paper.text()
    assert again.files.has_failed
    again.files.hear(TransferEnded(ticket=1, sha256="0" * 64, size=5))
    assert (again.rooms, again.kept) == (["general"], {})


def test_a_file_is_sent_and_then_the_message_that_carries_it(tmp_path: Path) -> None:
    desk = Desk()
    (tmp_path / "x.txt").write_text("hello")
    desk.files.send(str(tmp_path / "x.txt"))
    assert desk.asked == [tmp_path / "x.txt"]
    was_waiting = desk.files.is_waiting
    desk.files.hear(TransferMoved(ticket=1, done=2, size=5))
    assert desk.shown[-1].startswith("x.txt [########......")
    # One may go elsewhere meanwhile.
    desk.room = "garden"
    assert desk.written == []
    desk.files.hear(TransferEnded(ticket=1, sha256="a" * 64, size=5))
    assert desk.shown[-1] == ""
    assert (desk.written, desk.rooms) == ([FILE], ["general"])
    assert (was_waiting, desk.files.is_waiting) == (True, False)
    assert not desk.files.has_failed


def test_a_file_that_a_server_lost_is_sent_again_and_not_for_ever(tmp_path: Path) -> None:
    desk = Desk()
    (tmp_path / "x.txt").write_text("hello")
    desk.files.send(str(tmp_path / "x.txt"))
    for n in (1, 2, 3):
        desk.files.hear(TransferEnded(ticket=n, sha256="a" * 64, size=5))
        desk.files.hear(Refused(counter=n, code="unknown_file", arguments={"sha256": "a" * 64}))
    assert len(desk.asked) == 3
    desk.files.send(str(tmp_path / "x.txt"))
    desk.files.hear(TransferEnded(ticket=4, sha256="a" * 64, size=5))
    desk.files.hear(Stored(counter=4, index=1, number=1, copies=2))
    desk.files.hear(Refused(counter=4, code="unknown_file", arguments={"sha256": "a" * 64}))
    assert len(desk.asked) == 4


def test_a_path_may_stand_in_quotes_and_has_to_be_there(tmp_path: Path) -> None:
    desk = Desk()
    (tmp_path / "a b.txt").write_text("hello")
    desk.files.send(f'"{tmp_path}/a b.txt"')
    assert desk.asked == [tmp_path / "a b.txt"]
    desk.files.send("")
    assert desk.paper.notes == ["* Which file? Type /file and its path."]


def test_what_is_no_file_is_said_at_once(tmp_path: Path) -> None:
    desk = Desk()
    for argument in ("", str(tmp_path), str(tmp_path / "none")):
        desk.files.send(argument)
    assert len(desk.paper.notes) == 3
    assert desk.asked == []
    assert desk.files.has_failed


def test_a_file_is_fetched_by_the_number_it_is_shown_with(tmp_path: Path) -> None:
    desk = Desk()
    desk.paper.printer.messages([message(1, "hello"), with_file(2), with_file(3, "y.txt"), with_file(3)])
    assert [line.partition("anna: ")[2] for line in desk.paper.lines] == [
        "hello",
        "[1] x.txt (5 B)",
        "[2] y.txt (5 B)",
    ]
    desk.files.fetch("2")
    assert desk.asked == []
    # A pipe may want it before the messages were printed.
    desk.files.messages_are_there()
    desk.files.fetch(f"1 {tmp_path}")
    assert desk.asked == [("general", "y.txt", Path()), ("general", "x.txt", tmp_path)]
    desk.files.hear(TransferEnded(ticket=1, path="/here/y.txt"))
    desk.files.hear(TransferFailed(ticket=2, code="file_changed"))
    assert desk.paper.notes[0] == "* saved: /here/y.txt"
    assert desk.paper.notes[1].startswith("* x.txt: ")
    assert desk.files.has_failed
    for argument in ("", "0", "3", "-1", "x", "\u00b2"):
        desk.files.fetch(argument)
    assert len(desk.asked) == 2


def test_sizes_and_bars_as_people_read_them() -> None:
    assert [size_text(n) for n in (0, 999, 1000, 123_456, 5_300_000, 104_857_600)] == [
        "0 B",
        "999 B",
        "1.0 KB",
        "123 KB",
        "5.3 MB",
        "105 MB",
    ]
    assert bar("x", 0, 0) == "x [####################] 100% 0 B"
    assert bar("x", 50, 200) == "x [#####...............]  25% 200 B"
