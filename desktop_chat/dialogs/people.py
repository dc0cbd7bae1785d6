"""Who is in a room, and who of them is online."""

import tkinter as tk
from collections.abc import Callable, Sequence

from desktop_chat.dialogs.dialog import Dialog
from desktop_chat.i18n.translation import _
from desktop_chat.view_models.people import Person
from desktop_chat.widgets.avatars import draw_avatar, draw_presence
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.text_line import draw_text_line


class PeopleDialog(Dialog):
    """Shows people; until they are known it says so."""

    def __init__(self, parent: tk.Misc, look: Look, room: str, on_closed: Callable[[], None]) -> None:
        super().__init__(parent, look, _("People in {room}").format(room=room), on_closed)
        self.add_text(_("People in {room}").format(room=room), "title")
        self._words = self.add_text(_("One moment…"), is_faint=True)
        self.list_canvas = tk.Canvas(
            self.body, background=look.palette.window, highlightthickness=0, borderwidth=0,
            width=look.pixels(360), height=look.pixels(60),
        )  # fmt: skip
        close = self.add_button(_("Close"), self.close, is_main=True)
        self.open(close)

    def show(self, people: Sequence[Person]) -> None:
        """Show who is here; a long list scrolls."""
        look = self.look
        self._words.pack_forget()
        row = look.pixels(46)
        height = min(len(people), 9) * row
        self.list_canvas.configure(
            height=height, scrollregion=(0, 0, 0, len(people) * row), yscrollincrement=row
        )
        self.list_canvas.pack(fill="x")
        self.list_canvas.bind("<ButtonPress-4>", lambda _event: self.list_canvas.yview_scroll(-1, "units"))
        self.list_canvas.bind("<ButtonPress-5>", lambda _event: self.list_canvas.yview_scroll(1, "units"))
        self.bind("<Up>", lambda _event: self.list_canvas.yview_scroll(-1, "units"))
        self.bind("<Down>", lambda _event: self.list_canvas.yview_scroll(1, "units"))
        for number, person in enumerate(people):
            self._draw_person(person, number * row)

    def show_failure(self, text: str) -> None:
        """Say why they are not known."""
        self._words.configure(text=text)

    def _draw_person(self, person: Person, top: int) -> None:
        look, palette = self.look, self.look.palette
        place, size = (look.pixels(2), top + look.pixels(5)), look.pixels(36)
        draw_avatar(
            self.list_canvas,
            look,
            person.user,
            person.name,
            place,
            size=size,
            behind=palette.window,
            tag="row",
        )
        if person.is_online:
            draw_presence(self.list_canvas, look, place, size=size, behind=palette.window, tag="row")
        draw_text_line(
            self.list_canvas, look, (look.pixels(52), top + look.pixels(23)), person.words, role="name",
            colour=palette.text if person.is_online else palette.text_faint,
            width_max=look.pixels(300), tag="row",
        )  # fmt: skip
