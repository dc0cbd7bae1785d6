"""Signing out from the terminal: servers take nothing more from this device, and its secret is deleted."""

from collections.abc import Callable
from typing import Final

from server.client.notices import AnyNotice, Connected, Disconnected, QuestionFailed, SignInRefused, Stored
from server.i18n.translation import _, ngettext
from server.network.client_links import ClientLinks
from server.protocol.requests import RevokeDevice


class SigningOut:
    """`device` is the own id; `waiting` counts lines that are not stored, and `is_busy` when anything has no
    answer yet: both come first. `note` tells the person.

    When `has_signed_out`, the caller deletes the secret and ends the program.
    """

    def __init__(
        self,
        next_counter: Callable[[], int],
        note: Callable[[str], None],
        *,
        device: Callable[[], str],
        waiting: Callable[[], int],
        is_busy: Callable[[], bool],
        is_interactive: bool,
    ) -> None:
        self._next_counter: Final = next_counter
        self._note: Final = note
        self._device: Final = device
        self._waiting: Final = waiting
        self._is_busy: Final = is_busy
        self._is_interactive: Final = is_interactive
        self._links: ClientLinks | None = None
        self._is_connected = False
        self._is_wanted = False
        self._ticket = 0
        self.has_signed_out = False
        # Whether it was wanted and not done.
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether it is wanted and not done yet."""
        return self._is_wanted and not self.has_signed_out

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def sign_out(self, _argument: str) -> None:
        """`/signout`. A pipe waits for a server, a person is told that there is none."""
        self._is_wanted = True
        if self._is_interactive and not self._is_connected:
            self._give_up()
            return
        count = self._waiting()
        if count:
            text = ngettext(
                "You are signed out as soon as {count} line is stored.",
                "You are signed out as soon as {count} lines are stored.",
                count,
            )
            self._note(text.format(count=count))
        self.go_on()

    def go_on(self) -> None:
        """What had to come first may be done."""
        if self.is_waiting and self._is_connected and not self._ticket and not self._is_busy():
            assert self._links is not None
            revoke = RevokeDevice(id=1, counter=self._next_counter(), device=self._device())
            self._ticket = self._links.ask(revoke)

    def hear(self, notice: AnyNotice) -> None:
        """It was done, or could not be, perhaps."""
        match notice:
            case Connected():
                self._is_connected = True
            case Disconnected():
                self._is_connected = False
                if self._is_interactive and self.is_waiting and not self._ticket:
                    self._give_up()
            case Stored(ticket=ticket) if self._ticket and ticket == self._ticket:
                self.has_signed_out = True
            case QuestionFailed(ticket=ticket) if ticket == self._ticket:
                # Asked once more, a server that has done it says so.
                self.has_signed_out = notice.code == "device_revoked"
                if not self.has_signed_out:
                    self._give_up()
            case SignInRefused(code="device_revoked") if self._ticket:
                # The answer was lost with a server; that it is done is what the next one says.
                self.has_signed_out = True
            case _:
                pass

    def leave(self) -> None:
        """The program ends."""
        if self.is_waiting:
            self._give_up()

    def done(self) -> str:
        """What is said at the good end."""
        return _(
            "You are signed out: the servers take nothing more from this computer, and what it signed in with"
            " is deleted here.\n"
            "To come back start again, with --password if your name has one."
        )

    def _give_up(self) -> None:
        is_asked, self._ticket, self._is_wanted = bool(self._ticket), 0, False
        self.has_failed = True
        if is_asked:
            self._note(_("No server has confirmed it: this computer may still be signed in."))
        else:
            self._note(_("No server has us now: this computer stays signed in."))
        self._note(
            _(
                "Type /signout again when a server answers (/status says so), or sign this computer out from"
                " another device of yours with /devices and /revoke."
            )
        )
