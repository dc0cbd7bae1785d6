"""The application: one window, one chat at a time, from the first question to the last write."""

import contextlib
import logging
import tkinter as tk
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final

import msgspec
import ttkbootstrap as ttk

from desktop_chat.app.chat import Chat
from desktop_chat.app.entrance import Entrance
from desktop_chat.app.menus import WindowMenu
from desktop_chat.app.open_dialogs import OpenDialogs
from desktop_chat.app.options import Options
from desktop_chat.app.session import Session
from desktop_chat.event_pump import EventPump
from desktop_chat.gui_events import GuiEvent
from desktop_chat.i18n.translation import _, use_language
from desktop_chat.settings.preferences import Preferences, read_preferences, write_preferences
from desktop_chat.settings.system_theme import system_prefers_dark
from desktop_chat.theme.emoji_atlas import EmojiAtlas
from desktop_chat.theme.fonts import offer_shipped_fonts
from desktop_chat.theme.palette import DARK, LIGHT, Palette
from desktop_chat.theme.scaling import display_scale, next_zoom
from desktop_chat.theme.ttk_theme import register_theme, theme_name
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.main_window import MainWindow, WindowActions
from desktop_chat.widgets.window_icon import set_window_icon
from server.network.clock import Clock

_log = logging.getLogger(__name__)
_TICK_MS: Final = 1000
# What a crash may take of a half-written message.
_DRAFT_MS: Final = 500
_SIZE: Final = (1240, 742)
_SIZE_MIN: Final = (640, 420)


class Application:
    """Make it, call `run`; or for tests `start`, pump `root`, and `close`."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.preferences = read_preferences(options.data)
        use_language(options.language or self.preferences.language)
        self.chat: Chat | None = None
        self.window: MainWindow | None = None
        self._session: Session | None = None
        self._is_closing = False
        self._timers: dict[str, str] = {}
        offer_shipped_fonts()
        self.palette = self._wanted_palette()
        register_theme()
        self.root = ttk.App(title=_("Desktop Chat"), theme=theme_name(self.palette), iconphoto=None)
        self.root.report_callback_exception = _report_mistake
        self.atlas = EmojiAtlas()
        self.look = self._make_look()
        set_window_icon(self.root)
        self._place_root()
        self.pump = EventPump(self.root, clock.monotonic_s, self._take)
        self.entrance = Entrance(self)
        self.dialogs = OpenDialogs(self)
        self.menu = WindowMenu(self)
        self._bind()

    def start(self) -> None:
        """Show the chat, or ask for one."""
        self.entrance.begin()
        self._tick()

    def run(self) -> None:
        """Work until the window is closed."""
        self.start()
        self.root.mainloop()

    def close(self) -> None:
        """Keep everything, say goodbye, end."""
        if self._is_closing:
            return
        self._is_closing = True
        self._keep_geometry()
        for timer in self._timers.values():
            self.root.after_cancel(timer)
        self.root.withdraw()
        self.entrance.stop()
        self.leave_chat()
        self.pump.close()
        self.root.destroy()

    def enter_chat(self, session: Session) -> None:
        """Show a chat; its network runs already or is started now."""
        self._session = session
        self.chat = Chat(session, self.clock, self.pump.post, self.has_focus)
        self.chat.on_state = self._state_changed
        if session.network is None:
            session.connect(self.pump.post, self.pump.backlog)
        self._build_window()

    def leave_chat(self) -> None:
        """Close the chat and its session."""
        if self.chat is not None:
            self.chat.close()
            self.chat = None
        if self._session is not None:
            self._session.close()
            self._session = None

    def show_entrance(self) -> None:
        """Take the chat's window away for a question that must come first."""
        self.leave_chat()
        if self.window is not None:
            self.window.destroy()
            self.window = None

    def has_focus(self) -> bool:
        """Whether the person works in this window."""
        try:
            return self.root.focus_displayof() is not None
        except KeyError:
            # A menu is open, which tkinter has no name for.
            return True

    def change_preferences(self, preferences: Preferences) -> None:
        """Keep other preferences, and show the window in them."""
        self.preferences = preferences
        write_preferences(self.options.data, preferences)
        use_language(preferences.language or self.options.language)
        self.palette = self._wanted_palette(is_changed=True)
        self.root.style.theme_use(theme_name(self.palette))  # type: ignore[no-untyped-call]
        self.look = self._make_look()
        self.dialogs.close_all()
        self.entrance.rebuild()
        if self.chat is not None:
            self._build_window()

    def zoom(self, direction: int) -> None:
        """Larger (1), smaller (-1), as it was (0)."""
        zoom = next_zoom(self.preferences.zoom, direction)
        if zoom != self.preferences.zoom:
            self.change_preferences(msgspec.structs.replace(self.preferences, zoom=zoom))

    # Inside.

    def _take(self, events: Sequence[GuiEvent]) -> None:
        self.entrance.take(events)
        self.dialogs.take(events)
        if self.chat is not None:
            self.chat.take(events)

    def _build_window(self) -> None:
        assert self.chat is not None
        old, chat = self.window, self.chat
        content = old.composer.content() if old is not None else None
        self.window = MainWindow(self.root, self.look, self._actions(chat))
        chat.show_in(self.window)
        if content is not None:
            self.window.composer.set_content(content)
        self.root.configure(background=self.palette.window)
        self.window.pack(fill="both", expand=True)
        if old is not None:
            old.destroy()
        self.window.composer.text.focus_set()

    def _actions(self, chat: Chat) -> WindowActions:
        return WindowActions(
            text_sent=chat.send,
            draft_changed=self._draft_changed,
            room_selected=chat.select_room,
            older_asked=chat.ask_older,
            end_seen=chat.end_seen,
            link_clicked=self.dialogs.ask_about_link,
            banner_pressed=self._banner_pressed,
            details_asked=self.dialogs.show_details,
            people_asked=self.dialogs.show_people,
            menu_asked=self.menu.open,
        )

    def _banner_pressed(self, action: str) -> None:
        if action == "rename":
            self.entrance.ask_name_again()
        elif self.chat is not None:
            self.chat.banner_pressed(action)

    def _draft_changed(self, text: str) -> None:
        """Drafts are written soon, also while somebody goes on typing."""
        if self.chat is not None:
            self.chat.draft_changed(text)
            if "drafts" not in self._timers:
                self.after("drafts", _DRAFT_MS, self._keep_drafts)

    def _keep_drafts(self) -> None:
        if self.chat is not None:
            self.chat.writing.keep_drafts()

    def _state_changed(self) -> None:
        if self.chat is None:
            return
        unread = self.chat.conversations.unread_total
        title = _("Desktop Chat")
        self.root.title(f"({unread}) {title}" if unread else title)
        self.dialogs.refresh(self.chat.state)

    def _tick(self) -> None:
        """Once a second: the count-down, and at midnight the words of the days."""
        if self.chat is not None and not self.chat.state.is_connected:
            self.chat.refresh()
        elif self.chat is not None and self.window is not None:
            self.chat.show_new_day()
        self.after("tick", _TICK_MS, self._tick)

    def after(self, name: str, delay_ms: int, call: Callable[[], None]) -> None:
        """A timer by name: a new one takes the place of the old one."""
        if name in self._timers:
            self.root.after_cancel(self._timers.pop(name))

        def ring() -> None:
            del self._timers[name]
            call()

        if not self._is_closing:
            self._timers[name] = self.root.after(delay_ms, ring)

    def _make_look(self) -> Look:
        scale = display_scale(self.root) * self.preferences.zoom
        return Look(self.root, self.palette, scale, self.atlas)

    def _wanted_palette(self, *, is_changed: bool = False) -> Palette:
        """The theme of the flag holds until the person chooses another one."""
        choice = self.preferences.theme if is_changed else self.options.theme or self.preferences.theme
        if choice == "system":
            return DARK if system_prefers_dark() else LIGHT
        return DARK if choice == "dark" else LIGHT

    def _place_root(self) -> None:
        scale = display_scale(self.root)
        width = min(round(_SIZE[0] * scale), self.root.winfo_screenwidth() - 40)
        height = min(round(_SIZE[1] * scale), self.root.winfo_screenheight() - 60)
        self.root.geometry(self.preferences.geometry or f"{width}x{height}")
        self.root.minsize(round(_SIZE_MIN[0] * scale), round(_SIZE_MIN[1] * scale))

    def _keep_geometry(self) -> None:
        with contextlib.suppress(tk.TclError):
            geometry = self.root.geometry().split("+", maxsplit=1)[0]
            write_preferences(self.options.data, msgspec.structs.replace(self.preferences, geometry=geometry))

    def _bind(self) -> None:
        root = self.root
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.bind("<F1>", lambda _event: self.dialogs.show_shortcuts())
        for sequence, direction in (
            ("<Control-plus>", 1), ("<Control-equal>", 1), ("<Control-KP_Add>", 1),
            ("<Control-minus>", -1), ("<Control-KP_Subtract>", -1), ("<Control-Key-0>", 0),
        ):  # fmt: skip
            root.bind(sequence, lambda _event, direction=direction: self.zoom(direction))  # type: ignore[misc]
        for sequence, step in (("<Alt-Up>", -1), ("<Alt-Down>", 1)):
            root.bind(sequence, lambda _event, step=step: self._move_conversation(step))  # type: ignore[misc]
        root.bind("<FocusIn>", self._focused)

    def _move_conversation(self, step: int) -> str:
        if self.window is not None:
            self.window.sidebar.conversations.move_selection(step)
        return "break"

    def _focused(self, event: "tk.Event[tk.Misc]") -> None:
        if event.widget is self.root and self.window is not None:
            # What came meanwhile is seen now.
            self.window.messages.refresh_soon()


def _report_mistake(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.error("a mistake in the window", exc_info=(kind, error, trace))
