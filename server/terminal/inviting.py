"""Invites in the terminal: a link that lets one new person in, which ones there are, and taking one back."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from server.client.notices import Answered, AnyNotice, Connected, ServersChanged
from server.i18n.translation import _
from server.names.addresses import parse_addresses
from server.names.invite_links import InviteLink, is_chat_name
from server.network.tls import fingerprint_of_pem
from server.protocol.administration import InviteFacts, InviteList
from server.protocol.one_time_codes import CODE_BYTES, code_hash, code_text
from server.protocol.requests import CreateInvite, Invites, TakeBackInvite
from server.terminal.asking import Answer, Asking, AskingErrand
from server.terminal.printing import printable
from server.terminal.words import number_in


class Inviting(AskingErrand):
    """Its commands take what stands behind their word.

    `authority` gives the certificate by which the servers are known (PEM; "": there is no encryption).
    """

    def __init__(self, asking: Asking, authority: Callable[[], str]) -> None:
        super().__init__(asking)
        self._authority: Final = authority
        self._chat = ""
        self._addresses: list[str] = []
        # As they were numbered in the last list.
        self._listed: list[InviteFacts] = []

    def awaits(self, notice: AnyNotice) -> bool:
        """Whether this says that something of ours is archived."""
        return self._asking.awaits(notice)

    # The commands.

    def create(self, _argument: str) -> None:
        """`/invite`."""
        # Drawn here: no server sees it before somebody uses it.
        code = code_text(secrets.token_bytes(CODE_BYTES))
        create = CreateInvite(id=1, counter=self._asking.next_counter(), hash=code_hash(code).hex())
        self._asking.ask(create, lambda _answer: self._created(code))

    def list_all(self, _argument: str) -> None:
        """`/invites`."""
        self._asking.ask(Invites(id=1), self._told)

    def take_back(self, argument: str) -> None:
        """`/uninvite N`, by the last list; programs say the hash of the invite."""
        found = [one.hash for one in self._listed if one.hash == argument]
        number = number_in(argument) or 0
        if 1 <= number <= len(self._listed):
            found = [self._listed[number - 1].hash]
        if not found:
            self._asking.fail(_("Which one? /invites lists them, /uninvite 2 takes the second one back."))
            return
        if any(one.hash == found[0] and one.used_by for one in self._listed):
            self._asking.fail(_("It was used already, and lets nobody else in."))
            return
        take_back = TakeBackInvite(id=1, counter=self._asking.next_counter(), hash=found[0])
        text = _("The invite lets nobody in any more.")
        self._asking.ask(take_back, lambda _answer: self._asking.note(text))

    # What is told.

    def hear(self, notice: AnyNotice) -> None:
        """Something was answered, perhaps."""
        match notice:
            case Connected(chat=chat, address=address):
                self._chat, self._addresses = chat, self._addresses or [address]
            case ServersChanged(servers=servers):
                self._addresses = [facts.address for facts in servers if facts.address] or self._addresses
            case _:
                self._asking.hear(notice)

    def _created(self, code: str) -> None:
        self._asking.note(str(link_with(code, self._addresses, self._authority(), self._chat)))
        self._asking.note(_("This link lets one new person in, within 7 days. Give it to nobody else."))

    def _told(self, answer: Answer) -> None:
        if isinstance(answer, Answered) and isinstance(answer.answer, InviteList):
            self._listed = answer.answer.invites
            lines = [f"{number:3}  {invite_end(one)}" for number, one in enumerate(self._listed, 1)]
            self._asking.note("\n".join(lines) or _("There are no invites: /invite makes one."))


def link_with(code: str, addresses: list[str], authority: str, chat: str) -> InviteLink:
    """The link for an invite, from what a client knows of its servers."""
    found = parse_addresses(",".join(addresses))
    assert isinstance(found, tuple), "the servers use them themselves"
    fingerprint = fingerprint_of_pem(authority) if authority else None
    name = chat if is_chat_name(chat) else ""
    return InviteLink(found, fingerprint, name, plain=not authority, code=code)


def invite_end(invite: InviteFacts) -> str:
    """Who made an invite, when, and what became of it."""
    if len(invite.used_by) > 1:
        names = ", ".join(map(_name, invite.used_by))
        end = _("used by {names}: the servers were apart").format(names=names)
    elif invite.used_by:
        end = _("used by {names}").format(names=_name(invite.used_by[0]))
    elif invite.is_taken_back:
        end = _("taken back")
    else:
        end = _("good until {time}").format(time=time_text(invite.until_ms))
    text = _("by {name}, {time}: {end}")
    return text.format(name=_name(invite.name), time=time_text(invite.since_ms), end=end)


def time_text(time_ms: int) -> str:
    """Day and minute, as they are here."""
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _name(name: str) -> str:
    return printable(name) or "?"
