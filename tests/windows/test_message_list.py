"""The message list on a real display: what is drawn, what is moved, what is selected and copied."""

import tkinter as tk
from array import array
from collections.abc import Sequence
from datetime import UTC

import pytest

from desktop_chat.store.messages import Message
from desktop_chat.view_models.message_list import MessageList
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.message_keys import MessageKeys
from desktop_chat.widgets.message_list import MessageListView
from desktop_chat.widgets.message_pointer import MessagePointer
from tests.desktop_chat.examples import TODAY, message, pending


class Shown:
    """A message list in a window, with what it asked for."""

    def __init__(self, root: tk.Tk, look: Look, messages: Sequence[Message]) -> None:
        self.root = root
        self.messages = {each.index: each for each in messages}
        self.links: list[str] = []
        self.typed: list[str] = []
        self.older_count = 0
        self.seen_count = 0
        self.view = MessageListView(root, look, self._older, self._seen)
        self.view.pack(fill="both", expand=True)
        self.pointer = MessagePointer(self.view, self.links.append)
        self.keys = MessageKeys(self.view, self.pointer, self.links.append, self.typed.append)
        self.model = MessageList(
            lambda first, last: [each for i, each in sorted(self.messages.items()) if first <= i <= last],
            array("q", sorted(self.messages)),
            [],
            own_user="me",
            own_name="Me",
            today=lambda: TODAY,
            zone=UTC,
        )
        root.update()
        self.view.show(self.model)
        root.update()

    def add(self, *messages: Message) -> None:
        self.view.apply(self.model.add(messages))
        self.root.update()

    def texts(self) -> list[str]:
        canvas = self.view.canvas
        items = [item for item in canvas.find_all() if canvas.type(item) == "text"]  # type: ignore[comparison-overlap]
        return [str(canvas.itemcget(item, "text")) for item in items]  # type: ignore[no-untyped-call]

    def top_of(self, text: str) -> float:
        canvas = self.view.canvas
        for item in canvas.find_all():
            if canvas.type(item) == "text" and canvas.itemcget(item, "text") == text:  # type: ignore[comparison-overlap, no-untyped-call]
                return canvas.coords(item)[1]
        raise AssertionError(f"{text!r} is not on the canvas")

    def place_of(self, text: str, offset: int) -> tuple[int, int]:
        """The point on the canvas before a character of a one-line message."""
        for number, top in self.view.viewport.visible():
            if self.model.text_of(number)[1] == text:
                found = self.view.row_at(top + 1)
                assert found is not None
                layout = found[3]
                x = layout.text_left + self.view.look.fonts["body"].measure(text[:offset])
                return x + 1, top + layout.text_top + layout.line_height // 2
        raise AssertionError(f"{text!r} is not in sight")

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        canvas = self.view.canvas
        canvas.event_generate("<ButtonPress-1>", x=start[0], y=start[1])
        canvas.event_generate("<B1-Motion>", x=(start[0] + end[0]) // 2, y=(start[1] + end[1]) // 2)
        canvas.event_generate("<B1-Motion>", x=end[0], y=end[1])
        canvas.event_generate("<ButtonRelease-1>", x=end[0], y=end[1])
        self.root.update()

    def press(self, *keys: str) -> None:
        self.view.canvas.focus_force()
        self.root.update()
        for key in keys:
            self.view.canvas.event_generate(key)
        self.root.update()

    def _older(self) -> None:
        self.older_count += 1

    def _seen(self) -> None:
        self.seen_count += 1


def test_of_ten_thousand_messages_only_those_in_sight_are_drawn(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(index) for index in range(1, 10_001)])
    assert "message 10000" in shown.texts()
    assert len(shown.view.canvas.find_all()) < 400


def test_one_row_is_drawn_anew_when_only_that_row_changed(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(1), message(2), message(3)])
    shown.view.apply(shown.model.add_pending(pending(-1)))
    root.update()
    before = set(shown.view.canvas.find_all())
    shown.model.number_pending(-1, 7)
    shown.view.apply(shown.model.raise_copies([7], 2))
    root.update()
    kept = before & set(shown.view.canvas.find_all())
    # Day, author, bubbles and texts of the three other rows are the same items as before.
    assert {"message 1", "message 2", "message 3"} <= {
        str(shown.view.canvas.itemcget(item, "text"))  # type: ignore[no-untyped-call]
        for item in kept
        if shown.view.canvas.type(item) == "text"  # type: ignore[comparison-overlap]
    }
    assert kept != before


def test_what_is_seen_stays_in_place_when_history_is_put_before_it(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(index) for index in range(101, 201)])
    shown.view.viewport.scroll_to_row(5)
    shown.view.refresh()
    before = shown.top_of("message 110")
    shown.add(*(message(index) for index in range(1, 101)))
    assert shown.top_of("message 110") == before


def test_it_stays_at_the_end_only_if_it_was_at_the_end(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(index) for index in range(1, 101)])
    shown.add(message(101))
    assert "message 101" in shown.texts()
    shown.view.scroll_by(-500)
    root.update()
    before = shown.texts()
    shown.add(message(102))
    assert shown.texts() == before
    shown.view.scroll_to_end()
    root.update()
    assert "message 102" in shown.texts()


def test_older_messages_are_asked_for_once_when_the_beginning_comes_near(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(index) for index in range(101, 201)])
    assert shown.older_count == 0
    shown.press("<Home>")
    shown.view.refresh()
    assert shown.older_count == 1
    shown.add(*(message(index) for index in range(91, 101)))
    assert shown.older_count == 2


def test_dragging_over_messages_copies_clean_text(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(1, text="one two"), message(2, user="me", text="three 👍"),
                               message(3, text="four five")])  # fmt: skip
    shown.drag(shown.place_of("one two", 4), shown.place_of("four five", 4))
    shown.press("<Control-c>")
    assert root.clipboard_get() == "two\nMe: three 👍\nAda: four"


def test_a_double_click_selects_a_word(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(1, text="one two three")])
    x, y = shown.place_of("one two three", 5)
    for time_ms in (1000, 1100):
        shown.view.canvas.event_generate("<ButtonPress-1>", x=x, y=y, time=time_ms)
        shown.view.canvas.event_generate("<ButtonRelease-1>", x=x, y=y, time=time_ms + 20)
    shown.press("<Control-c>")
    assert root.clipboard_get() == "two"


def test_everything_can_be_selected_by_key(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(1), message(2)])
    shown.press("<Control-a>", "<Control-c>")
    assert root.clipboard_get() == "Ada: message 1\nAda: message 2"


def test_a_selection_stays_on_its_words_when_history_comes(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(11, text="one two")])
    shown.drag(shown.place_of("one two", 0), shown.place_of("one two", 3))
    shown.add(*(message(index) for index in range(1, 11)))
    shown.press("<Control-c>")
    assert root.clipboard_get() == "one"


def test_dragging_beyond_the_edge_scrolls(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(index) for index in range(1, 101)])
    canvas = shown.view.canvas
    start = shown.place_of("message 100", 3)
    canvas.event_generate("<ButtonPress-1>", x=start[0], y=start[1])
    canvas.event_generate("<B1-Motion>", x=start[0], y=-200)
    for _ in range(200):
        root.update()
        if "message 80" in shown.texts():
            break
        canvas.after(5, lambda: None)
        root.tk.dooneevent(0)
    canvas.event_generate("<ButtonRelease-1>", x=start[0], y=-200)
    assert "message 80" in shown.texts()
    assert shown.view.selection is not None


def test_a_click_on_a_link_gives_the_whole_target(root: tk.Tk, look: Look) -> None:
    text = "see https://example.org/a?b=1, please"
    shown = Shown(root, look, [message(1, text=text)])
    x, y = shown.place_of(text, 10)
    shown.drag((x, y), (x, y))
    assert shown.links == ["https://example.org/a?b=1"]
    shown.drag(shown.place_of(text, 1), shown.place_of(text, 1))
    assert len(shown.links) == 1


def test_the_ticks_are_explained_in_words(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(1, user="me", copies=1)])
    number, top = shown.view.viewport.visible()[0]
    found = shown.view.row_at(top + 1)
    assert found is not None
    layout = found[3]
    shown.view.canvas.event_generate("<Motion>", x=layout.tick_right - 4, y=top + layout.time_middle)
    assert number == 0
    assert shown.pointer.tooltip_text.startswith("Stored on one server.")


def test_the_keyboard_goes_from_message_to_message(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(index) for index in range(1, 101)])
    shown.press("<Up>", "<Up>", "<Control-c>")
    assert root.clipboard_get() == "message 99"
    shown.press(*["<Up>"] * 60, "<Control-c>")
    assert root.clipboard_get() == "message 39"
    assert "message 39" in shown.texts()


def test_return_opens_the_link_of_the_message_that_has_the_focus(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(1, text="look: http://example.org")])
    shown.press("<Up>", "<Return>")
    assert shown.links == ["http://example.org"]


def test_what_is_typed_over_the_messages_goes_to_the_composer(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [message(1)])
    shown.press("<Key-h>")
    assert shown.typed == ["h"]


@pytest.mark.parametrize("is_reading", [True, False])
def test_the_menu_offers_only_what_does_something(root: tk.Tk, look: Look, is_reading: bool) -> None:
    shown = Shown(root, look, [message(1)])
    if is_reading:
        shown.press("<Up>")
    menu = shown.pointer.build_menu("https://example.org" if is_reading else "")
    labels = [menu.entrycget(number, "label") for number in range(int(menu.index("end") or 0) + 1)]
    expected = ["Copy", "Open link…", "Copy link", "Select all"] if is_reading else ["Select all"]
    assert labels == expected


def test_an_empty_conversation_says_so(root: tk.Tk, look: Look) -> None:
    shown = Shown(root, look, [])
    assert "No messages yet" in shown.texts()
    shown.add(message(1))
    assert "No messages yet" not in shown.texts()
