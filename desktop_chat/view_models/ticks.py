"""The ticks of an own message: where it stands, as a sign and in words."""

from enum import Enum

from desktop_chat.i18n.translation import _


class Tick(Enum):
    """How far a message got. The value is the name of its picture."""

    WAITING = "clock"
    STORED_ON_ONE = "tick"
    STORED_ON_BOTH = "ticks"


def tick_of(copies: int) -> Tick:
    """The tick for a number of disks that hold the message."""
    if copies <= 0:
        return Tick.WAITING
    return Tick.STORED_ON_ONE if copies == 1 else Tick.STORED_ON_BOTH


def tick_words(tick: Tick) -> str:
    """What the sign means, for the tooltip."""
    words = {
        Tick.WAITING: _("Waiting on this computer. It is sent as soon as a server answers."),
        Tick.STORED_ON_ONE: _("Stored on one server."),
        Tick.STORED_ON_BOTH: _("Stored on both servers."),
    }
    return words[tick]
