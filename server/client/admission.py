"""Greeting and signing in: what each answer of a server makes of a link.

opened     → hello
welcome    → sign in: as the active client if no other link leads, else as a standby
signed_in  → ACTIVE or STANDBY
go_to      → this server keeps a standby at most; the other one is asked to take us
refused    → rest (both are full), try again later, or stop until the person decides
"""

from typing import Final

from msgspec import structs

from server.client.identity import Identity
from server.client.link import Link, Stage
from server.client.links import Links
from server.client.notices import OtherChat, SignInRefused, Taught
from server.client.reading import Reading
from server.protocol.connection import FEATURES, VERSIONS
from server.protocol.events import Failed, GoTo, SignedIn, Welcome
from server.protocol.facts import ServerFacts
from server.protocol.requests import Activate, Hello, SignIn, SignOut

# Refusals that time heals; every other one needs the person.
_PASSING_AT_SIGN_IN: Final = frozenset(
    {"unknown", "disk_full", "shutting_down", "internal", "too_many_requests", "too_slow_to_sign_in"}
)
# A server that tells no wait, or none worth the name; and one that would keep us out for ever.
REST_S_MIN: Final = 0.1
REST_S_MAX: Final = 300.0


class Admission:
    """Brings links through the door. Call each method for an answer to the link's own request."""

    def __init__(self, identity: Identity, cluster: str, reading: Reading, links: Links) -> None:
        self._identity = identity
        # The only chat that may see what was written; empty until the first sign-in.
        self._cluster = cluster
        self._reading = reading
        self._links = links
        self.authority = ""

    def opened(self, link: Link, authority: str, now: float) -> None:
        """The dial succeeded; `authority` is the CA (PEM) if this dial fetched it."""
        link.heard(now)
        link.enter(Stage.GREETING, now)
        link.request_id = self._links.next_request_id()
        client = self._links.settings.client
        hello = Hello(id=link.request_id, versions=list(VERSIONS), features=list(FEATURES), client=client)
        self._links.ask(link, hello, now)
        if authority and authority != self.authority:
            self.authority = authority
            self._links.emit(Taught(addresses=self._links.choice.addresses, authority=authority))

    def welcome(self, link: Link, event: Welcome, now: float) -> None:
        """The server said who it is."""
        if link.stage is not Stage.GREETING:
            return
        if self._cluster and event.cluster != self._cluster:
            self._links.give_up(link, "other_chat", now)
            self._links.choice.bar(link.address)
            self._links.emit(OtherChat(address=link.address, chat=event.chat))
            return
        is_twin = any(other.server == event.server for other in self._links)
        link.server, link.cluster, link.chat = event.server, event.cluster, event.chat
        self._links.choice.learn(link.address, event.server)
        if is_twin:
            # Two spellings of one address; now that the name is known, it is not dialled again.
            self._links.drop(link)
        elif self._links.leading is not None and not self._links.settings.has_standby:
            self._links.give_up(link, "not_needed", now)
        else:
            is_declined = self._links.choice.place(link.address).declined_until > now
            self._sign_in(link, now, is_standby=is_declined or self._links.leading is not None)

    def activate(self, link: Link, now: float) -> None:
        """A standby shall lead."""
        link.enter(Stage.ACTIVATING, now)
        link.request_id = self._links.next_request_id()
        cursor, from_mark = self._reading.cursor, self._links.settings.begins_at_mark
        self._links.ask(link, Activate(id=link.request_id, cursor=cursor, from_mark=from_mark), now)

    def signed_in(self, link: Link, event: SignedIn, now: float) -> None:
        """The server took us in."""
        link.enter(Stage.STANDBY if event.standby else Stage.ACTIVE, now)
        self._cluster = link.cluster
        link.request_id = 0
        link.ping_at = now
        if not event.standby:
            self._links.choice.succeeded(link.address)
            # From here on the device is known by its secret.
            self._identity = structs.replace(self._identity, password="", code="", registers=False)
        self.hear_addresses(link, event.servers)

    def hear_addresses(self, link: Link, servers: list[ServerFacts]) -> None:
        """Where the other server is: it may be another one than the last time."""
        choice = self._links.choice
        # Our own spelling of this server's address works; the others' are the server's to tell.
        others = [facts for facts in servers if facts.name != link.server]
        are_new = [choice.learn(facts.address, facts.name) for facts in others]
        if any(are_new):
            self._links.emit(Taught(addresses=choice.addresses, authority=self.authority))

    def go_to(self, link: Link, event: GoTo, now: float) -> None:
        """This server has no room, the other one has."""
        if link.stage is Stage.SIGNING_IN and link.is_standby_wanted:
            # A standby takes no room: a server that sends it away would do so for ever.
            self._links.give_up(link, "protocol", now)
            return
        choice = self._links.choice
        choice.learn(event.address)
        choice.declined(link.address, event.address, now)
        if not self._links.settings.has_standby:
            self._links.drop(link)
        elif link.stage is Stage.ACTIVATING:
            link.enter(Stage.STANDBY, now)
        else:
            self._sign_in(link, now, is_standby=True)

    def refused(self, link: Link, event: Failed, now: float) -> None:
        """The server said no."""
        if link.is_standby_wanted or event.code in _PASSING_AT_SIGN_IN:
            # A standby that lags behind may not know us yet: never a reason to stop.
            self._links.give_up(link, event.code, now, event.arguments)
            return
        self._links.drop_all()
        self._links.why = (event.code, event.arguments)
        retry_in_s: float | None = None
        if "retry_s" in event.arguments:
            retry_in_s = _rest_s(event)
            self._links.rest_until = now + retry_in_s
        else:
            self._links.is_halted = True
        refusal = SignInRefused(code=event.code, arguments=event.arguments, retry_in_s=retry_in_s)
        self._links.emit(refusal)

    def sign_out(self, now: float) -> None:
        """Say goodbye to every server that knows us, and close."""
        for link in self._links:
            if link.is_signed_in:
                self._links.ask(link, SignOut(id=self._links.next_request_id()), now)
        self._links.drop_all()

    def _sign_in(self, link: Link, now: float, *, is_standby: bool) -> None:
        link.enter(Stage.SIGNING_IN, now)
        link.is_standby_wanted = is_standby
        link.request_id = self._links.next_request_id()
        request = SignIn(
            id=link.request_id,
            name=self._identity.name,
            device=self._identity.device,
            secret=self._identity.secret,
            standby=is_standby,
            cursor=None if is_standby else self._reading.cursor,
            is_redirected=not is_standby and self._links.choice.is_redirected(now),
            # A standby only waits until the device is known there.
            password="" if is_standby else self._identity.password,
            register=not is_standby and self._identity.registers,
            code="" if is_standby else self._identity.code,
            device_name=self._identity.device_name,
            from_mark=not is_standby and self._links.settings.begins_at_mark,
        )
        self._links.ask(link, request, now)


def _rest_s(event: Failed) -> float:
    """How long a full server wants us to wait, within reason."""
    told_s = event.arguments.get("retry_s", 0.0)
    return REST_S_MIN if isinstance(told_s, str) else min(max(told_s, REST_S_MIN), REST_S_MAX)
