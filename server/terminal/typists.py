"""Who types just now, for the line below the prompt: each for as long as that is news."""

from collections.abc import Callable
from typing import Final

from server.client.notices import AnyNotice, Arrived, Connected, TypingNow
from server.i18n.translation import _
from server.network.clock import Clock
from server.protocol import limits

# One that is lost on the way does not make somebody stop.
_LASTS_S: Final = 2 * limits.TYPING_EVERY_S


class Typists:
    """Hears every notice. `is_here` says of a room whether one talks in it, `label_of` what it is called."""

    def __init__(self, clock: Clock, is_here: Callable[[str], bool], label_of: Callable[[str], str]) -> None:
        self._clock: Final = clock
        self._is_here: Final = is_here
        self._label_of: Final = label_of
        self._user = ""
        # By room and person: the name, and until when.
        self._typing: Final[dict[tuple[str, str], tuple[str, float]]] = {}

    def hear(self, notice: AnyNotice) -> None:
        """Somebody types, or has written, perhaps."""
        match notice:
            case Connected(user=user):
                self._user = user
            case TypingNow(room=room, user=user, name=name) if user != self._user:
                self._type((room, user), name)
            case Arrived(messages=messages):
                for message in messages:
                    self._typing.pop((message.room, message.user), None)
            case _:
                pass

    def _type(self, place: tuple[str, str], name: str) -> None:
        now = self._clock.monotonic_s()
        for over in [other for other, (_name, until) in self._typing.items() if until <= now]:
            del self._typing[over]
        self._typing[place] = name, now + _LASTS_S

    def text(self) -> str:
        """Those who type, or nothing. Any thread."""
        now = self._clock.monotonic_s()
        typing = [(place[0], name) for place, (name, until) in list(self._typing.items()) if until > now]
        names = [name if self._is_here(room) else f"{name} ({self._label_of(room)})" for room, name in typing]
        return _("typing: {names}").format(names=", ".join(names)) if names else ""
