"""The composer on a real display: keys, emoji, growing."""

import tkinter as tk

import pytest

from desktop_chat.widgets.composer import Composer
from desktop_chat.widgets.look import Look


class Box:
    """A composer in a window, and what it said."""

    def __init__(self, root: tk.Tk, look: Look) -> None:
        self.root = root
        self.sent: list[str] = []
        self.drafts: list[str] = []
        self.composer = Composer(root, look, self.sent.append, self.drafts.append)
        self.composer.pack(side="bottom", fill="x")
        root.update()
        self.composer.text.focus_force()
        root.update()

    def type(self, text: str) -> None:
        for sign in text:
            self.composer.text.event_generate(
                "<KeyPress>", keysym={" ": "space", "\n": "Return"}.get(sign, sign)
            )
            self.composer.text.event_generate(
                "<KeyRelease>", keysym={" ": "space", "\n": "Return"}.get(sign, sign)
            )
        self.root.update()

    def press(self, key: str) -> None:
        self.composer.text.event_generate(key)
        self.root.update()

    @property
    def content(self) -> str:
        return self.composer.content()


@pytest.fixture
def box(root: tk.Tk, look: Look) -> Box:
    return Box(root, look)


def test_enter_sends_and_clears_the_box(box: Box) -> None:
    box.type("hello")
    box.press("<Return>")
    assert box.sent == ["hello"]
    assert box.content == ""


def test_shift_enter_breaks_the_line(box: Box) -> None:
    box.type("one")
    box.press("<Shift-Return>")
    box.type("two")
    box.press("<Return>")
    assert box.sent == ["one\ntwo"]


@pytest.mark.parametrize("text", ["", "   ", "\n \n"])
def test_nothing_is_sent_when_there_is_nothing_to_say(box: Box, text: str) -> None:
    box.composer.text.insert_text(text)
    box.press("<Return>")
    assert box.sent == []


def test_it_grows_with_its_text_up_to_a_limit(box: Box) -> None:
    heights = []
    for _ in range(12):
        box.root.update()
        heights.append(box.composer.winfo_height())
        box.press("<Shift-Return>")
    assert heights[0] < heights[1] < heights[5]
    assert heights[-1] == heights[-2]


@pytest.mark.parametrize("text", ["👍🏽", "👩‍💻", "🇮🇹", "e\u0301", "x"])
def test_backspace_deletes_what_a_person_takes_for_one_character(box: Box, text: str) -> None:
    box.composer.text.insert_text(f"a{text}")
    assert box.content == f"a{text}"
    box.press("<BackSpace>")
    assert box.content == "a"


def test_pasted_emoji_are_pictures_and_come_out_as_text(box: Box) -> None:
    box.root.clipboard_clear()
    box.root.clipboard_append("hi 🙂🙂 there")
    box.press("<<Paste>>")
    assert box.content == "hi 🙂🙂 there"
    assert len(box.composer.text.image_names()) == 2
    box.press("<Control-a>")
    box.press("<<Cut>>")
    assert box.content == ""
    assert box.root.clipboard_get() == "hi 🙂🙂 there"


def test_undo_brings_back_what_was_there(box: Box) -> None:
    box.composer.text.insert_text("one 🙂 two")
    box.press("<Control-a>")
    box.press("<<Cut>>")
    box.press("<Control-z>")
    assert box.content == "one 🙂 two"


def test_every_change_is_told_once(box: Box) -> None:
    box.type("ab")
    assert box.drafts == ["a", "ab"]
    box.press("<Return>")
    assert box.drafts[-1] == ""


def test_the_send_button_sends(box: Box) -> None:
    box.composer.text.insert_text("by mouse")
    box.composer.submit()
    assert box.sent == ["by mouse"]
