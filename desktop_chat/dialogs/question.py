"""A question with a default of "no": used where a wrong "yes" would hurt."""

import tkinter as tk
from collections.abc import Callable
from typing import Final

import msgspec

from desktop_chat.dialogs.dialog import Dialog
from desktop_chat.i18n.translation import _
from desktop_chat.widgets.look import Look

# A dialog with a longer one would be higher than a small screen.
_TARGET_CHARACTERS_MAX: Final = 600


class Question(msgspec.Struct, frozen=True):
    """What is asked. `shown` is set apart from the sentences: an address, a fingerprint."""

    title: str
    text: str
    shown: str
    more: str
    yes: str


class QuestionDialog(Dialog):
    """Calls `on_yes` only when the person says so; Escape, Return at once and closing mean no."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        question: Question,
        on_yes: Callable[[], None],
        on_no: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(parent, look, question.title, self._closed)
        self._answer = on_no
        self._on_yes = on_yes
        self.add_text(question.title, "title")
        self.add_text(question.text)
        self._add_shown(question.shown)
        if question.more:
            self.add_text(question.more, is_faint=True)
        self.yes_button = self.add_button(question.yes, self._say_yes)
        self.no_button = self.add_button(_("Cancel"), self.close, is_main=True)
        self.open(self.no_button)

    def _add_shown(self, shown: str) -> None:
        look, palette = self.look, self.look.palette
        label = tk.Label(
            self.body,
            text=shown,
            font=look.fonts["label"],
            background=palette.composer,
            foreground=palette.text,
            wraplength=look.pixels(390),
            justify="left",
            anchor="w",
            padx=look.pixels(14),
            pady=look.pixels(10),
        )
        label.pack(fill="x", pady=(look.pixels(2), look.pixels(10)))

    def _say_yes(self) -> None:
        self._answer = self._on_yes
        self.close()

    def _closed(self) -> None:
        self._answer()


def certificate_question(address: str, words: str, digits: str) -> Question:
    """Whether to trust a server that nobody vouched for."""
    return Question(
        _("Do you know this server?"),
        _(
            "You gave a bare address, {address}, so nobody vouched for the server there yet. "
            "Compare these words with the ones that whoever runs the server sees."
        ).format(address=address),
        f"{words}\n\n{digits}",
        _(
            "If the words differ, somebody stands between you and the server. "
            "An invite link needs no question."
        ),
        _("The words are the same"),
    )


def link_question(target: str) -> Question:
    """Whether to open a link in the browser."""
    return Question(
        _("Open this link?"),
        _("It opens in your browser:"),
        _shortened(target),
        "",
        _("Open"),
    )


def _shortened(target: str) -> str:
    """The whole link, unless no screen would hold it: where it leads stands at its beginning."""
    if len(target) <= _TARGET_CHARACTERS_MAX:
        return target
    return f"{target[: _TARGET_CHARACTERS_MAX - 100]} … {target[-97:]}"
