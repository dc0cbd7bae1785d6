"""The own account, from the terminal: its devices, its password, and its end."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from server.client.notices import Answered, AnyNotice, Connected, QuestionFailed, SignInRefused, Stored
from server.i18n.error_texts import error_text
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol import limits
from server.protocol.events import DeviceList
from server.protocol.facts import DeviceFacts
from server.protocol.names import name_key
from server.protocol.requests import ChangePassword, Devices, RevokeDevice, Unregister
from server.terminal.form import Form, Question
from server.terminal.words import is_text, number_in

_DEVICE_ID: Final = re.compile("[0-9a-f]{32}")


class Account:
    """Its commands take what stands behind their word; `note` tells the person."""

    def __init__(self, next_counter: Callable[[], int], note: Callable[[str], None]) -> None:
        self._next_counter = next_counter
        self._note = note
        self._links: ClientLinks | None = None
        self._name = ""
        self._listed: list[DeviceFacts] = []
        self.form: Final = Form(note)
        # The tickets of what has no answer; that of the wish to leave the chat.
        self._asked: set[int] = set()
        self._leaving = 0
        self.has_left = False
        # Whether something that was wanted was not done.
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._asked)

    @property
    def is_leaving(self) -> bool:
        """Whether the servers were asked to forget the person, and have not answered."""
        return bool(self._leaving)

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
        questions = (
            _("Your password now (nothing if you have none):"),
            _("The new password:"),
            _("The new password once more:"),
        )
        self.form.begin([Question(text, is_secret=True) for text in questions], self._changed)

    def unregister(self, _argument: str) -> None:
        """`/unregister`."""
        warning = _(
            "You are about to leave this chat for good. There is no way back:"
            " nobody, not even you, is given the name {name} again.\n"
            "What you wrote stays, marked as written by somebody who left."
            " Your devices are signed out, and your rooms, groups and friendships end.\n"
            "Type your name to leave; anything else changes nothing."
        )
        questions = (
            Question(warning.format(name=self._name)),
            Question(_("Your password now (nothing if you have none):"), is_secret=True),
        )
        self.form.begin(questions, self._confirmed, lambda answers: not self._is_own_name(answers[0]))

    def _is_own_name(self, line: str) -> bool:
        return bool(self._name) and name_key(line.strip()) == name_key(self._name)

    def _confirmed(self, answers: list[str]) -> None:
        if not self._is_own_name(answers[0]):
            self._fail(_("That is not your name; nothing was changed."))
            return
        if not self._can_be_sent(answers[1:]):
            return
        assert self._links is not None
        unregister = Unregister(id=1, counter=self._next_counter(), password=answers[1])
        self._leaving = self._links.ask(unregister)
        self._asked.add(self._leaving)

    def _changed(self, answers: list[str]) -> None:
        old, new, again = answers
        if new != again:
            self._fail(_("The two are not the same; nothing was changed."))
            return
        if not self._can_be_sent(answers):
            return
        assert self._links is not None
        change = ChangePassword(id=1, counter=self._next_counter(), old=old, new=new)
        self._asked.add(self._links.ask(change))

    def _can_be_sent(self, passwords: list[str]) -> bool:
        """Whether a server would look at them (told if not)."""
        if not all(map(is_text, passwords)):
            self._fail(error_text("bad_utf8", {}))
            return False
        if max(map(len, passwords)) > limits.PASSWORD_CHARACTERS_MAX:
            text = _("A password has 1 to {limit} characters.")
            self._fail(text.format(limit=limits.PASSWORD_CHARACTERS_MAX))
            return False
        return True

    def hear(self, notice: AnyNotice) -> None:
        """Something was answered, perhaps."""
        match notice:
            case Answered(ticket, DeviceList(devices=devices)) if ticket in self._asked:
                self._asked.discard(ticket)
                self._listed = devices
                self._note("\n".join(map(_device_line, range(1, len(self._listed) + 1), self._listed)))
            case QuestionFailed(ticket) if ticket in self._asked:
                self._failed(ticket, notice.code)
            case SignInRefused(code="unregistered") if self._leaving:
                # The answer was lost with a server; that it is done is what the next one says.
                self.has_left = True
            case Stored(ticket=ticket) if ticket in self._asked:
                self._asked.discard(ticket)
                self.has_left |= ticket == self._leaving
            case Connected(name=name):
                self._name = name
            case _:
                pass

    def _failed(self, ticket: int, code: str) -> None:
        self._asked.discard(ticket)
        if ticket == self._leaving:
            self._leaving = 0
            self.has_left = code == "unregistered"
        self.has_failed |= not self.has_left

    def _numbered(self, argument: str) -> str:
        """The device of this number in the last list, or nothing."""
        number = number_in(argument) or 0
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
