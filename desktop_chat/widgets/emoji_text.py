"""A text field in which emoji are pictures: they need no font, and are deleted as one character."""

import tkinter as tk
from typing import Final

from desktop_chat.theme.xft_guard import drawable
from desktop_chat.view_models.graphemes import EMOJI, last_cluster_length
from desktop_chat.widgets.look import Look

_PREFIX: Final = "emoji-"
_UNDO_STEPS_MAX: Final = 200
_ASTRAL: Final = 0x10000
_CONTROL: Final = 0x4


class EmojiText(tk.Text):
    """Use `content`, `set_content` and `insert_text` instead of `get` and `insert`."""

    def __init__(self, parent: tk.Misc, look: Look, background: str) -> None:
        palette = look.palette
        super().__init__(
            parent,
            height=1,
            wrap="word",
            font=look.fonts["body"],
            background=background,
            foreground=palette.text,
            insertbackground=palette.text,
            selectbackground=palette.selection_other,
            selectforeground=palette.text,
            inactiveselectbackground=palette.selection_other,
            insertwidth=look.pixels(2),
            borderwidth=0,
            highlightthickness=0,
            padx=0,
            pady=0,
            undo=False,
            relief="flat",
        )
        self._look = look
        self._undo: list[str] = []
        self.bind("<Key>", self._key)
        self.bind("<BackSpace>", self._backspace)
        self.bind("<<Paste>>", lambda _event: self._paste("CLIPBOARD"))
        self.bind("<<PasteSelection>>", lambda _event: self._paste("PRIMARY"))
        self.bind("<<Copy>>", lambda _event: self._copy())
        self.bind("<<Cut>>", lambda _event: self._cut())
        self.bind("<<Undo>>", lambda _event: self._take_back())
        self.bind("<Control-z>", lambda _event: self._take_back())
        self.bind("<Control-a>", lambda _event: self._select_all())

    def content(self, first: str = "1.0", last: str = "end-1c") -> str:
        """The text with its emoji as characters."""
        parts: list[str] = []
        for kind, value, _index in self.dump(first, last, text=True, image=True):
            parts.append(_sequence(value) if kind == "image" else value)
        return "".join(parts)

    def set_content(self, text: str) -> None:
        """Replace everything."""
        self.delete("1.0", "end")
        self.insert_text(text)
        self._undo.clear()

    def insert_text(self, text: str) -> None:
        """Insert at the cursor, over the selection if there is one."""
        self._remember()
        if self.tag_ranges("sel"):
            self.delete("sel.first", "sel.last")
        position = 0
        for match in EMOJI.finditer(text):
            if match.group() in self._look.pictures.atlas:
                self._insert_plain(text[position : match.start()])
                self._insert_picture(match.group())
                position = match.end()
        self._insert_plain(text[position:])
        self.see("insert")
        self.event_generate("<<Changed>>")

    def _insert_plain(self, text: str) -> None:
        if text:
            self.insert("insert", drawable(text.replace("\r\n", "\n").replace("\0", "")))

    def _insert_picture(self, cluster: str) -> None:
        picture = self._look.pictures.emoji(cluster, self._look.pixels(19))
        name = _PREFIX + "-".join(f"{ord(sign):x}" for sign in cluster)
        self.image_create("insert", image=picture, name=name, align="center", padx=1)

    def _key(self, event: "tk.Event[tk.Misc]") -> str | None:
        """Typed emoji become pictures before anything is drawn."""
        if event.char and ord(event.char[0]) >= _ASTRAL:
            self.insert_text(event.char)
            return "break"
        if event.char and event.char.isspace():
            self._remember()
        return None

    def _backspace(self, event: "tk.Event[tk.Misc]") -> str | None:
        """Delete what a person takes for one character."""
        held = event.state if isinstance(event.state, int) else 0
        if self.tag_ranges("sel"):
            self._remember()
            return None
        if held & _CONTROL:
            self._remember()
            self.delete("insert-1c wordstart", "insert")
            self.event_generate("<<Changed>>")
            return "break"
        before = self.content("insert linestart", "insert")
        length = last_cluster_length(before)
        if length > 1 and before[-length:] not in self._look.pictures.atlas:
            self.delete(f"insert-{length}c", "insert")
            self.event_generate("<<Changed>>")
            return "break"
        return None

    def _paste(self, selection: str) -> str:
        for kind in ("UTF8_STRING", "STRING"):
            try:
                text = self.tk.call("selection", "get", "-selection", selection, "-type", kind)
            except tk.TclError:
                # Nobody owns the selection, or not as this kind of text.
                continue
            self.insert_text(str(text))
            break
        return "break"

    def _copy(self) -> str:
        if self.tag_ranges("sel"):
            self.clipboard_clear()
            self.clipboard_append(self.content("sel.first", "sel.last"))
        return "break"

    def _cut(self) -> str:
        if self.tag_ranges("sel"):
            self._copy()
            self._remember()
            self.delete("sel.first", "sel.last")
            self.event_generate("<<Changed>>")
        return "break"

    def _remember(self) -> None:
        text = self.content()
        if not self._undo or self._undo[-1] != text:
            self._undo.append(text)
            del self._undo[:-_UNDO_STEPS_MAX]

    def _take_back(self) -> str:
        current = self.content()
        while self._undo:
            text = self._undo.pop()
            if text != current:
                kept = self._undo
                self._undo = []
                self.delete("1.0", "end")
                self.insert_text(text)
                self._undo = kept
                break
        return "break"

    def _select_all(self) -> str:
        self.tag_add("sel", "1.0", "end-1c")
        return "break"


def _sequence(name: str) -> str:
    """The emoji of a picture's name; Tk numbers pictures of one name with a `#`."""
    codes = name.split("#", maxsplit=1)[0].removeprefix(_PREFIX).split("-")
    return "".join(chr(int(code, 16)) for code in codes)
