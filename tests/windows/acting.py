"""What tests do with a whole window: wait, write, read what it shows."""

from collections.abc import Callable
from typing import TypeVar

from desktop_chat.app.application import Application
from desktop_chat.view_models.ticks import Tick
from tests.waiting import wait_until

T = TypeVar("T")


def wait(application: Application, condition: Callable[[], T], what: str = "") -> T:
    """Work on the window's events until the condition holds."""
    return wait_until(condition, what=what, pump=application.root.update)


def write(application: Application, text: str) -> None:
    """Write a message and press Enter."""
    window = application.window
    assert window is not None
    window.composer.text.focus_force()
    window.composer.text.insert_text(text)
    window.composer.text.event_generate("<Return>")
    application.root.update()


def shown_texts(application: Application) -> list[str]:
    """All texts of the conversation, whether in sight or not."""
    model = application.chat.model if application.chat is not None else None
    return [model.text_of(number)[1] for number in range(len(model))] if model is not None else []


def drawn_texts(application: Application) -> list[str]:
    """The texts that are on the canvas."""
    assert application.window is not None
    canvas = application.window.messages.canvas
    items = [item for item in canvas.find_all() if canvas.type(item) == "text"]  # type: ignore[comparison-overlap]
    return [str(canvas.itemcget(item, "text")) for item in items]  # type: ignore[no-untyped-call]


def ticks(application: Application) -> list[Tick | None]:
    """The ticks of all rows."""
    model = application.chat.model if application.chat is not None else None
    return [model.row(number).tick for number in range(len(model))] if model is not None else []


def wait_connected(application: Application) -> None:
    """Until the window is in the chat."""
    wait(application, lambda: is_connected(application), "connected")


def is_connected(application: Application) -> bool:
    """Whether a server has us."""
    return application.chat is not None and application.chat.state.is_connected


def status_texts(application: Application) -> list[str]:
    """What the status bar says."""
    assert application.window is not None
    return application.window.status_bar.shown_texts()


def banner_text(application: Application) -> str:
    """What the banner says, if there is one."""
    assert application.window is not None
    is_there = bool(application.window.banner.winfo_manager())
    return application.window.banner.text if is_there else ""
