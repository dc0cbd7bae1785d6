"""The main window: puts its parts together; what they show is told to it from outside."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.view_models.banner import Banner
from desktop_chat.widgets.banner import BannerView
from desktop_chat.widgets.composer import Composer
from desktop_chat.widgets.header import HeaderBar
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.message_keys import MessageKeys
from desktop_chat.widgets.message_list import MessageListView
from desktop_chat.widgets.message_pointer import MessagePointer
from desktop_chat.widgets.sidebar import Sidebar
from desktop_chat.widgets.status_bar import StatusBarView


class WindowActions:
    """What a person can ask the window for. Every field is a function that the application gives."""

    __slots__ = (
        "banner_pressed", "details_asked", "draft_changed", "end_seen", "link_clicked",
        "menu_asked", "older_asked", "people_asked", "room_selected", "text_sent",
    )  # fmt: skip

    def __init__(
        self,
        *,
        text_sent: Callable[[str], None],
        draft_changed: Callable[[str], None],
        room_selected: Callable[[str], None],
        older_asked: Callable[[], None],
        end_seen: Callable[[], None],
        link_clicked: Callable[[str], None],
        banner_pressed: Callable[[str], None],
        details_asked: Callable[[], None],
        people_asked: Callable[[], None],
        menu_asked: Callable[[int, int], None],
    ) -> None:
        self.text_sent = text_sent
        self.draft_changed = draft_changed
        self.room_selected = room_selected
        self.older_asked = older_asked
        self.end_seen = end_seen
        self.link_clicked = link_clicked
        self.banner_pressed = banner_pressed
        self.details_asked = details_asked
        self.people_asked = people_asked
        self.menu_asked = menu_asked


class MainWindow(tk.Frame):
    """All parts of the window in one look; a new look makes a new one."""

    def __init__(self, parent: tk.Misc, look: Look, actions: WindowActions) -> None:
        super().__init__(parent, background=look.palette.window)
        self.look = look
        self.sidebar = Sidebar(self, look, actions.room_selected)
        self.sidebar.pack(side="left", fill="y")
        tk.Frame(self, background=look.palette.line, width=max(1, look.pixels(1))).pack(side="left", fill="y")
        right = tk.Frame(self, background=look.palette.window)
        right.pack(side="left", fill="both", expand=True)
        self.header = HeaderBar(right, look, actions.people_asked, actions.menu_asked)
        self.header.pack(side="top", fill="x")
        self.banner = BannerView(right, look, actions.banner_pressed)
        self.status_bar = StatusBarView(right, look, actions.details_asked)
        self.status_bar.pack(side="bottom", fill="x")
        self.composer = Composer(right, look, actions.text_sent, actions.draft_changed)
        self.composer.pack(side="bottom", fill="x")
        self.messages = MessageListView(right, look, actions.older_asked, actions.end_seen)
        self.messages.pack(side="top", fill="both", expand=True)
        self.pointer = MessagePointer(self.messages, actions.link_clicked)
        self.message_keys = MessageKeys(
            self.messages, self.pointer, actions.link_clicked, self.composer.type_text
        )
        self._set_tab_order()
        self.bind("<Configure>", self._resized)

    def show_banner(self, banner: Banner | None) -> None:
        """Show the banner under the header, or take it away."""
        self.banner.show(banner)
        is_shown = bool(self.banner.winfo_manager())
        if banner is None and is_shown:
            self.banner.pack_forget()
        elif banner is not None and not is_shown:
            self.banner.pack(side="top", fill="x", after=self.header)

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        """A narrow window leaves the room to the messages."""
        if event.widget is self:
            self.sidebar.set_width(event.width)

    def _set_tab_order(self) -> None:
        """Tab goes conversations, messages, composer, then the header's buttons."""
        for part in (self.composer, self.header):
            part.lift()
