"""The own account, from the terminal: its devices and its password."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from server.client.notices import Answered, AnyNotice, QuestionFailed, Stored
from server.i18n.marking import marked
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol.events import DeviceList
from server.protocol.facts import DeviceFacts
from server.protocol.requests import ChangePassword, Devices, RevokeDevice

_DEVICE_ID: Final = re.compile("[0-9a-f]{32}")
# What is typed for another password, one line each.
_QUESTIONS: Final = (
    marked("Your password now (nothing if you have none):"),
    marked("The new password:"),
    marked("The new password once more:"),
)


class Account:
    """Its commands take what stands behind their word; `note` tells the person."""

    def __init__(self, next_counter: Callable[[], int], note: Callable[[str], None]) -> None:
        self._next_counter = next_counter
        self._note = note
        self._links: ClientLinks | None = None
        self._listed: list[DeviceFacts] = []
        self._typed: list[str] | None = None
        # The tickets of what has no answer.
        self._asked: set[int] = set()
        # Whether something that was wanted was not done.
        self.has_failed = False

    @property
    def is_asking(self) -> bool:
        """Whether the next line is the answer to a question, and a secret. From any thread."""
        return self._typed is not None

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._asked)

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def list_devices(self, _argument: str) -> None:
        """`/devices`."""
        assert self._links is not None
        self._asked.add(self._links.ask(Devices(id=1)))

    def revoke(self, argument: str) -> None:
        """`/revoke N`, by the last list; programs say the id of the device."""
        assert self._links is not None
        device = argument if _DEVICE_ID.fullmatch(argument) else self._numbered(argument)
        if not device:
            self._fail(_("Which one? /devices lists them, /revoke 2 signs out the second one for good."))
            return
        revoke = RevokeDevice(id=1, counter=self._next_counter(), device=device)
        self._asked.add(self._links.ask(revoke))

    def change_password(self, _argument: str) -> None:
        """`/password`."""
        self._typed = []
        self._note(_(_QUESTIONS[0]))

    def answer(self, line: str) -> None:
        """The answer to a question."""
        assert self._typed is not None
        self._typed.append(line)
        if len(self._typed) < len(_QUESTIONS):
            self._note(_(_QUESTIONS[len(self._typed)]))
            return
        (old, new, again), self._typed = self._typed, None
        if new != again:
            self._fail(_("The two are not the same; nothing was changed."))
            return
        assert self._links is not None
        change = ChangePassword(id=1, counter=self._next_counter(), old=old, new=new)
        self._asked.add(self._links.ask(change))

    def hear(self, notice: AnyNotice) -> None:
        """Something was answered, perhaps."""
        match notice:
            case Answered(ticket, DeviceList(devices=devices)) if ticket in self._asked:
                self._asked.discard(ticket)
                self._listed = devices
                self._note("\n".join(map(_device_line, range(1, len(self._listed) + 1), self._listed)))
            case QuestionFailed(ticket) if ticket in self._asked:
                self.has_failed = True
                self._asked.discard(ticket)
            case Stored(ticket=ticket):
                self._asked.discard(ticket)
            case _:
                pass

    def _numbered(self, argument: str) -> str:
        """The device of this number in the last list, or nothing."""
        number = int(argument) if argument.isdecimal() else 0
        return self._listed[number - 1].device if 1 <= number <= len(self._listed) else ""

    def _fail(self, sentence: str) -> None:
        self.has_failed = True
        self._note(sentence)


def _device_line(number: int, device: DeviceFacts) -> str:
    since = datetime.fromtimestamp(device.since_ms / 1000, tz=UTC).astimezone()
    text = (
        _("{number}  {name}, since {day}, this one") if device.is_this else _("{number}  {name}, since {day}")
    )
    name = device.name or _("a device without a name")
    return text.format(number=number, name=name, day=since.strftime("%Y-%m-%d"))
