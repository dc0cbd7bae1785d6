"""Printing: each message once, nothing that steers a terminal."""

import msgspec
import pytest

from server.client.notices import Arrived, PresenceChanged
from server.terminal.printing import Printer, printable
from tests.terminal.paper import NOON_MS, Paper, message


def test_a_message_is_a_time_a_name_and_its_text() -> None:
    paper = Paper()
    paper.printer.messages([message(1, "hello\nworld")])
    (text,) = paper.lines
    first, second = text.splitlines()
    assert first[5:] == " anna: hello"
    assert second == " " * len(first.removesuffix("hello")) + "world"


def test_other_days_and_other_rooms_are_named() -> None:
    paper = Paper(now_ms=NOON_MS + 10 * 86_400_000)
    paper.printer.talk_in(lambda room: room == "general", lambda room: f"#{room}")
    paper.printer.messages([message(1, "hello", room="tea")])
    assert paper.lines[0].startswith("2023-11-1")
    assert paper.lines[0].endswith("#tea anna: hello")


def test_a_message_is_printed_once() -> None:
    paper = Paper()
    paper.printer.messages([message(1, "hello"), message(2, "you")])
    paper.printer.messages([message(2, "you"), message(1, "hello"), message(3, "there")])
    assert [line.rpartition(" ")[2] for line in paper.lines] == ["hello", "you", "there"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jboo", "�[2Jboo"),
        ("a\u202eb", "a�b"),
        ("tab\tbell\x07", "tab�bell�"),
        ("Zoë ✓ 👩‍🚀 ❤️", "Zoë ✓ 👩‍🚀 ❤️"),
    ],
)
def test_nothing_steers_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown
    paper = Paper()
    paper.printer.messages([message(1, "hello", name=text)])
    paper.printer.note(text)
    assert shown in paper.lines[0]
    assert paper.notes == [f"* {shown}"]


def test_for_programs_there_is_one_object_a_line_and_no_text_beside_it() -> None:
    paper = Paper(is_json=True)
    paper.printer.messages([message(1, "hello")])
    paper.printer.notice(PresenceChanged(members=2, online=1))
    (line,) = paper.lines
    assert msgspec.json.decode(line) == {"notice": "presence", "members": 2, "online": 1}


def test_for_programs_nothing_steers_a_terminal_either_and_the_text_stays_the_same() -> None:
    paper = Paper(is_json=True)
    text = "\x1b[2J\x7f\u009b2J\u202eb\U000e0001 Zoë 👩\u200d🚀"
    paper.printer.notice(Arrived(messages=[message(1, text)]))
    (line,) = paper.lines
    assert line.replace("\u200d", "").isprintable()
    assert "Zoë 👩\u200d🚀" in line
    assert msgspec.json.decode(line, type=Arrived).messages[0].text == text


def test_a_deleted_message_leaves_a_sentence_and_an_edited_one_a_word() -> None:
    paper = Paper()
    gone = msgspec.structs.replace(message(1, ""), is_deleted=True)
    edited = msgspec.structs.replace(message(2, "hello"), edited_ms=1, reply=("d", 1))
    paper.printer.messages([gone, edited])
    assert paper.lines[0].endswith("anna: (this message was deleted)")
    assert "↳ …" in paper.lines[1]
    assert paper.lines[1].endswith("hello (edited)")


def test_on_a_terminal_lines_are_broken_between_words_below_their_beginning() -> None:
    lines, notes = list[str](), list[str]()
    printer = Printer(
        out=lines.append, note_out=notes.append, is_json=False, now_ms=lambda: NOON_MS, width=lambda: 30
    )
    printer.messages([message(1, "one two three four five")])
    printer.note("six seven eight nine ten eleven")
    printer.listed(7, message(1, "one"))
    assert lines[0][5:] == " anna: one two three four\n            five"
    assert notes[0] == "* six seven eight nine ten\n  eleven"
    assert notes[1].startswith("*    7  ")
    assert notes[1].endswith(" anna: one")
