"""A Tk root for single parts, and whole windows with the pair and the people they talk to."""

import gc
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import ttkbootstrap as ttk

from desktop_chat.app.application import Application
from desktop_chat.app.options import Options
from desktop_chat.i18n.translation import use_language
from desktop_chat.theme.emoji_atlas import EmojiAtlas
from desktop_chat.theme.fonts import offer_shipped_fonts
from desktop_chat.theme.palette import LIGHT
from desktop_chat.theme.ttk_theme import register_theme, theme_name
from desktop_chat.widgets.look import Look
from server.network.clock import SystemClock
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair

Failures = list[BaseException]


@pytest.fixture(autouse=True)
def in_english(display: str) -> Iterator[None]:
    """Windows open on the display of the tests, and speak English."""
    assert display
    use_language("en")
    yield
    use_language("en")


@pytest.fixture
def failures() -> Iterator[Failures]:
    """What a callback of Tk raised; it fails the test."""
    found: Failures = []
    yield found
    assert not found


@pytest.fixture
def root(in_english: None, failures: Failures) -> Iterator[tk.Tk]:
    """A root with our fonts and theme."""
    offer_shipped_fonts()
    register_theme()
    window = ttk.App(theme=theme_name(LIGHT), iconphoto=None)
    window.geometry("900x600+0+0")
    window.report_callback_exception = lambda _kind, error, _trace: failures.append(error)
    yield window
    window.destroy()
    # Pictures and fonts must be freed on this thread, now, and not by chance on another one later.
    gc.collect()


@pytest.fixture
def look(root: tk.Tk) -> Look:
    """The light look at ordinary size."""
    return Look(root, LIGHT, 1.0, EmojiAtlas())


@pytest.fixture
def open_window(tmp_path: Path, in_english: None, failures: Failures) -> Iterator[Callable[..., Application]]:
    """Open a window on a chat; one at a time, for Tk has one root."""
    opened: list[Application] = []

    def open_one(
        place: str = "", name: str = "", folder: str = "window", theme: str = "light"
    ) -> Application:
        options = Options(tmp_path / folder, place, name, theme, "en")  # type: ignore[arg-type]
        application = Application(options, SystemClock())
        application.root.report_callback_exception = lambda _kind, error, _trace: failures.append(error)
        opened.append(application)
        application.start()
        application.root.update()
        application.root.focus_force()
        return application

    yield open_one
    for application in opened:
        application.close()
    opened.clear()
    gc.collect()


@pytest.fixture
def people() -> Iterator[People]:
    """People without a window, on a loop of their own."""
    found = People()
    yield found
    found.stop()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[RealPair]:
    """A running pair."""
    found = RealPair(tmp_path / "pair")
    found.start()
    yield found
    found.stop()
