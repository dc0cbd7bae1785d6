"""Waiting for a condition with a deadline: the only place where a test lets time pass."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Long enough for a slow machine under load, where a program takes seconds to start: a test that passes never
# waits it out. Nothing that must happen has a shorter deadline.
DEADLINE_S = 60.0
PAUSE_S = 0.005


class DeadlineError(AssertionError):
    """What a test waited for did not happen."""


def wait_until(
    condition: Callable[[], T],
    deadline_s: float = DEADLINE_S,
    *,
    what: str = "",
    pump: Callable[[], object] | None = None,
) -> T:
    """Call `condition` until it gives something true, and return that.

    `pump` is called between tries in place of a pause's stillness: pass `root.update` for a Tk window.
    Raises `DeadlineError` naming `what` (or the condition) and the last answer.
    """
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while True:
        if pump is not None:
            pump()
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            name = what or getattr(condition, "__name__", repr(condition))
            raise DeadlineError(f"not within {deadline_s:g} s: {name}; the last answer was {answer!r}")
        pause.wait(PAUSE_S)
