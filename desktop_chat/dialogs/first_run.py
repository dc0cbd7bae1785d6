"""The first thing a person sees: join a chat by an invite link or an address, under a name.

It fills the window, for there is nothing behind it yet. Mistakes are said under the field they are in.
"""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.i18n.translation import _
from desktop_chat.widgets.card import Card
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.round_button import RoundButton, accent_colours
from desktop_chat.widgets.text_field import TextField


class FirstRun(tk.Frame):
    """Calls `on_join(place, name)`; answer with `show_place_error`, `show_name_error` or by taking it away.

    Without `asks_place` the place is known and only the name is asked.
    """

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        on_join: Callable[[str, str], None],
        *,
        asks_place: bool = True,
        place: str = "",
        name: str = "",
        chat_name: str = "",
    ) -> None:
        super().__init__(parent, background=look.palette.sidebar)
        self._look = look
        self._on_join = on_join
        self.asks_place = asks_place
        self.chat_name = chat_name
        self.place_text = tk.StringVar(self, value=place)
        self.name_text = tk.StringVar(self, value=name)
        self.fields: dict[str, TextField] = {}
        self._hints: dict[str, tk.Label] = {}
        self._is_busy = False
        card = Card(self, look, 40, 34)
        card.place(relx=0.5, rely=0.46, anchor="center")
        self._add_heading(card.inner)
        if asks_place:
            self._add_field(card.inner, "place", _("Invite link or address"), self.place_text)
        self._add_field(card.inner, "name", _("Your name"), self.name_text)
        self._button = RoundButton(
            card.inner, look, accent_colours(look, look.palette.window), self._join,
            text=_("Join the chat"), height=38,
        )  # fmt: skip
        self._button.pack(anchor="e", pady=(look.pixels(12), 0))
        self._show_hints()
        first = next((field for key, field in self.fields.items() if not self._text_of(key)), None)
        (first or self.fields["name"]).entry.focus_set()

    def show_place_error(self, text: str) -> None:
        """Say under the address what is wrong with it; without that field, under the name."""
        self._show_mistake("place" if self.asks_place else "name", text)

    def show_name_error(self, text: str) -> None:
        """Say under the name what is wrong with it."""
        self._show_mistake("name", text)

    def hint_texts(self) -> dict[str, str]:
        """What is said under the fields."""
        return {key: str(label.cget("text")) for key, label in self._hints.items()}

    def _add_heading(self, inner: tk.Frame) -> None:
        look, palette = self._look, self._look.palette
        picture = look.pictures.icon("chat", look.pixels(52), palette.accent)
        tk.Label(inner, image=picture, background=palette.window, borderwidth=0).pack(anchor="w")
        heading = _("Join {chat}").format(chat=self.chat_name) if self.chat_name else _("Join a chat")
        promise = _("It runs on computers of your own, without a cloud.")
        texts = (
            (heading, "heading", palette.text, (12, 2)),
            (promise, "subtitle", palette.text_faint, (0, 18)),
        )  # fmt: skip
        for text, role, colour, pads in texts:
            label = tk.Label(
                inner, text=text, font=look.fonts[role], background=palette.window, foreground=colour,
                borderwidth=0, wraplength=look.pixels(390), justify="left",
            )  # fmt: skip
            label.pack(anchor="w", pady=(look.pixels(pads[0]), look.pixels(pads[1])))

    def _add_field(self, inner: tk.Frame, key: str, text: str, variable: tk.StringVar) -> None:
        look, palette = self._look, self._look.palette
        label = tk.Label(
            inner, text=text, font=look.fonts["label"], background=palette.window,
            foreground=palette.text, borderwidth=0,
        )  # fmt: skip
        label.pack(anchor="w", pady=(look.pixels(6), look.pixels(5)))
        field = self.fields[key] = TextField(inner, look, variable, self._join)
        field.pack(fill="x")
        hint = self._hints[key] = tk.Label(
            inner, font=look.fonts["subtitle"], background=palette.window, borderwidth=0,
            foreground=palette.text_faint, wraplength=look.pixels(386), justify="left", anchor="w",
        )  # fmt: skip
        hint.pack(fill="x", pady=(look.pixels(6), look.pixels(8)))

    def _show_hints(self) -> None:
        texts = {
            "place": _("You get it from whoever runs the chat."),
            "name": _("This is how the others see you."),
        }
        for key, label in self._hints.items():
            label.configure(text=texts[key], foreground=self._look.palette.text_faint)
            self.fields[key].mark_mistake(False)

    def _show_mistake(self, key: str, text: str) -> None:
        self._set_busy(False)
        self._hints[key].configure(text=text, foreground=self._look.palette.bad)
        self.fields[key].mark_mistake(True)
        self.fields[key].entry.focus_set()

    def _set_busy(self, is_busy: bool) -> None:
        self._is_busy = is_busy
        self._button.set_text(_("Connecting…") if is_busy else _("Join the chat"))
        self._button.set_disabled(is_busy)

    def _text_of(self, key: str) -> str:
        variable = self.place_text if key == "place" else self.name_text
        return variable.get().strip()

    def _join(self) -> None:
        if self._is_busy:
            return
        self._show_hints()
        place, name = self._text_of("place"), self._text_of("name")
        if self.asks_place and not place:
            self.show_place_error(_("Give an address or an invite link."))
        elif not name:
            self.show_name_error(_("Give a name."))
        else:
            self._set_busy(True)
            self._on_join(place, name)
