"""What a person is told beside the messages: one sentence a notice, where it is worth one."""

from typing import Final

from server.client.notices import (
    Answered,
    AnyNotice,
    Connected,
    Delayed,
    Disconnected,
    Diverged,
    Happened,
    QuestionFailed,
    Refused,
    Renamed,
    ServersChanged,
    SignInRefused,
)
from server.i18n.merge_texts import renamed_text, withdrawn_text
from server.i18n.translation import _
from server.protocol import events
from server.protocol.facts import MemberFacts
from server.terminal.sentences import sentence_of

# Whoever is sent away for one of these is told so as the refusal of the next server, which is the last word.
_FINAL: Final = frozenset({"device_revoked", "device_expired", "account_disabled", "unregistered"})


class Telling:
    """Says each thing when it changes, and not again and again while it stays."""

    def __init__(self) -> None:
        self._user = ""
        self._is_connected = False
        self._is_away_told = False
        self._mode = ""
        self._is_waiting = False
        self._delay_told = ""
        self._refusal_told = ""

    def sentence(self, notice: AnyNotice) -> str:
        """What to tell, or nothing."""
        match notice:
            case Connected():
                return self._connected(notice)
            case Disconnected():
                return self._disconnected(notice)
            case ServersChanged():
                return self._servers_changed(notice)
            case Delayed():
                return self._delayed(notice)
            case SignInRefused():
                return self._sign_in_refused(notice)
            case Refused():
                reason = sentence_of(notice.code, notice.arguments)
                return _("not stored: {reason}.").format(reason=reason)
            case Diverged() | Renamed():
                return _merged(notice)
            case Happened(event):
                return self._happened(event)
            case Answered(answer=events.MemberList(members=members)):
                return "\n".join(map(_member_line, members))
            case QuestionFailed():
                reason = sentence_of(notice.code, notice.arguments)
                return _("Not done: {reason}.").format(reason=reason)
            case _:
                return ""

    def _happened(self, event: events.AnyHappening) -> str:
        """What others do not tell: those of rooms, people and messages tell their own."""
        match event:
            case events.Withdrawn(code=code, arguments=arguments):
                return withdrawn_text(code, arguments)
            case events.PersonLeft(user=user, name=name):
                return "" if user == self._user else _("{name} has left this chat.").format(name=name)
            case events.AccountChanged():
                return _account_changed(event)
            case _:
                return ""

    def _connected(self, notice: Connected) -> str:
        is_first = not self._is_connected
        self._is_connected, self._is_away_told, self._refusal_told = True, False, ""
        self._user = notice.user
        told = _("connected to server {server} at {address} as {name}").format(
            server=notice.server, address=notice.address, name=notice.name
        )
        return told if is_first else ""

    def _disconnected(self, notice: Disconnected) -> str:
        self._is_connected = False
        if self._is_away_told or notice.retry_in_s is None or notice.code in _FINAL:
            return ""
        self._is_away_told = True
        reason = sentence_of(notice.code, notice.arguments)
        return _("No server has us ({reason}); trying again by itself. What you type is kept.").format(
            reason=reason
        )

    def _servers_changed(self, notice: ServersChanged) -> str:
        was_waiting, self._is_waiting = self._is_waiting, notice.is_waiting_for_other
        before, self._mode = self._mode, notice.mode or self._mode
        if self._is_waiting and not was_waiting:
            return _("waiting for the other server; until it is there, nothing new is stored")
        if self._mode == before:
            return ""
        if self._mode == "solo":
            return _("running on one server; messages are stored there alone until the other is back")
        return _("both servers are running") if self._mode == "dual" and before else ""

    def _delayed(self, notice: Delayed) -> str:
        if notice.code == self._delay_told:
            return ""
        self._delay_told = notice.code
        reason = sentence_of(notice.code, notice.arguments)
        return _("not stored yet: {reason}; tried again by itself").format(reason=reason)

    def _sign_in_refused(self, notice: SignInRefused) -> str:
        if notice.code == self._refusal_told:
            return ""
        # The refusal says already that nobody has us.
        self._refusal_told, self._is_away_told = notice.code, True
        reason = sentence_of(notice.code, notice.arguments)
        if notice.retry_in_s is None:
            return _("The server does not let you in: {reason}.").format(reason=reason)
        if "retry_s" in notice.arguments:
            # The reason itself says when.
            return _("The server does not let you in now: {reason}.").format(reason=reason)
        return _("The server does not let you in now: {reason}. Trying again by itself.").format(
            reason=reason
        )


def _member_line(member: MemberFacts) -> str:
    administers = "  " + _("(administers it)") if member.is_administrator else ""
    return f"{'●' if member.is_online else '○'} {member.name}{administers}"


def _merged(notice: Diverged | Renamed) -> str:
    match notice:
        case Diverged():
            return _("The archives of the two servers were merged.")
        case Renamed(what, wanted_name, name):
            return renamed_text(what, wanted_name, name)


def _account_changed(event: events.AccountChanged) -> str:
    name = event.name or _("a device without a name")
    texts = {
        "device_added": _("A new device signed in as you: {name}. If that was not you: /password"),
        "device_revoked": _("One of your devices was signed out for good: {name}."),
        "password_changed": _("Your password was changed; all other devices were signed out."),
    }
    return texts.get(event.what, "").format(name=name)
