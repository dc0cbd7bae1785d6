"""`--selftest`: opens the window on a pair of its own, says something, and sees it come back."""

from collections.abc import Callable
from typing import Final

from desktop_chat.app.application import Application
from desktop_chat.app.options import Options
from server.network.clock import SystemClock

_TEXT: Final = "Hello from the self-test 🙂"
_DEADLINE_S: Final = 60.0
_NAME: Final = "selftest"


class SelfTestError(Exception):
    """What did not happen in time."""


def run_selftest(options: Options) -> float:
    """Gives the seconds it took until the window was painted. Raises SelfTestError."""
    clock = SystemClock()
    began_s = clock.monotonic_s()
    application = Application(options, clock)
    try:
        application.start()
        application.root.update()
        painted_s = clock.monotonic_s() - began_s
        _wait(application, "a connection", lambda: _is_connected(application))
        window = application.window
        assert window is not None
        window.composer.set_content(_TEXT)
        window.composer.submit()
        _wait(application, "the message in the archive", lambda: _has_arrived(application))
    finally:
        application.close()
    return painted_s


def options_for(options: Options, invite: str) -> Options:
    """The flags of the self-test: into the given chat, under a name of its own."""
    return Options(
        data=options.data, place=invite, name=_NAME, theme=options.theme, language=options.language
    )


def _is_connected(application: Application) -> bool:
    return application.chat is not None and application.chat.state.is_connected


def _has_arrived(application: Application) -> bool:
    """The row left the outbox: it was stored, delivered to us and drawn."""
    model = application.chat.model if application.chat is not None else None
    if model is None or not len(model):
        return False
    last = model.message(len(model) - 1)
    return last.text == _TEXT and not last.is_pending


def _wait(application: Application, what: str, condition: Callable[[], bool]) -> None:
    end_s = application.clock.monotonic_s() + _DEADLINE_S
    while not condition():
        if application.clock.monotonic_s() > end_s:
            raise SelfTestError(f"not within {_DEADLINE_S:g} s: {what}")
        # Blocks until something happens; the timer sees to it that something does.
        application.after("selftest", 20, lambda: None)
        application.root.tk.dooneevent(0)
