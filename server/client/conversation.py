"""The client conversation: one person on one device with the pair, over an active and a standby link.

Pure: `now` (monotonic seconds) and the random generator are passed in, and everything that is to
be done comes out of `take_effects`: link effects for the shell, notices for the app, in order.
`server.network.client_links` is the shell for an event loop.

    the app calls     connect, send, ask, stop
    the shell calls   link_opened, link_bytes, link_closed, dial_failed, tick
    afterwards        take_effects() and next_wake()

What is sent was synced to disk by the app before `send`, and leaves the app's outbox with the
notice `Stored` or `Refused`, never before.
"""

import random
import typing
from collections.abc import Callable, Iterable
from typing import Any

from server.client.admission import Admission
from server.client.choice import ServerChoice
from server.client.delivery import Delivery
from server.client.effects import AnyEffect, FileEffect, LinkEffect
from server.client.exchange import Exchange
from server.client.failover import Failover
from server.client.identity import Identity
from server.client.labels import labelled
from server.client.link import Link, Stage
from server.client.links import Links
from server.client.liveness import Liveness
from server.client.marking import Marking
from server.client.notices import Answered, AnyNotice, CertificateChanged, CertificateUnknown, Connected
from server.client.outbox import Draft
from server.client.questions import AnyQuestion
from server.client.reading import Reading
from server.client.receipts import WatchedRooms
from server.client.settings import ConversationSettings
from server.client.transfers import Transfers
from server.protocol import events
from server.protocol.errors import RemoteProtocolError
from server.protocol.events import (
    AnyEvent,
    Failed,
    Goodbye,
    GoTo,
    RoomList,
    ServersChanged,
    SignedIn,
    Welcome,
)
from server.protocol.facts import FileFacts
from server.protocol.requests import Cursor


class Conversation:
    """See the module. `addresses` are tried in order; `cursor` None starts at the end of the archive
    (`reading.START_OF_ARCHIVE` gets all of it); `drafts` are those that an earlier run left over;
    `cluster` is the id of the chat that they were written for, once it is known; `since` is what the
    last position said beside the cursor."""

    def __init__(
        self,
        identity: Identity,
        addresses: Iterable[str],
        *,
        cursor: Cursor | None,
        settings: ConversationSettings,
        rng: random.Random,
        drafts: Iterable[Draft] = (),
        cluster: str = "",
        since: int | None = None,
    ) -> None:
        self._effects: list[LinkEffect | FileEffect | AnyNotice] = []
        emit = self._emit
        reading = Reading(cursor, since)
        self._links = Links(ServerChoice(addresses, settings, rng), settings, emit)
        self._admission = Admission(identity, cluster, reading, self._links)
        self._liveness = Liveness(self._links)
        self._failover = Failover(self._links, self._admission)
        self._delivery = Delivery(reading, emit, self._on_fork)
        self._marking = Marking(self._links, reading, lambda: self._links.choice.crowd)
        self._watched = WatchedRooms(self._links, emit)
        self._exchange = Exchange(self._links, drafts, emit)
        self._transfers = Transfers(self._links, emit)
        self._link_handlers = self._make_link_handlers()
        self._active_handlers = self._make_active_handlers()

    # What can be read.

    @property
    def server(self) -> str:
        """The server that has us, or nothing."""
        active = self._links.active
        return active.server if active is not None else ""

    @property
    def addresses(self) -> list[str]:
        """Every known address, the first first."""
        return self._links.choice.addresses

    def take_effects(self) -> list[LinkEffect | FileEffect | AnyNotice]:
        """What came out since the last call, in order."""
        effects, self._effects = self._effects, []
        return [each if isinstance(each, AnyEffect) else labelled(each) for each in effects]

    def next_wake(self) -> float | None:
        """When `tick` is to be called, if nothing else happens before."""
        parts = (
            self._liveness,
            self._failover,
            self._exchange,
            self._transfers,
            self._marking,
            self._watched,
        )
        times = [part.next_wake() for part in parts]
        return min([time for time in times if time is not None], default=None)

    # What the app wants.

    def connect(self, now: float) -> None:
        """Connect, now, and stay connected.

        Also when the person does not want to wait, and after a decision about a certificate or a name.
        """
        self._links.is_halted = False
        self._links.rest_until = 0.0
        self._links.choice.retry_all()
        if self._links.active is None:
            self._failover.begin()
        self._advance(now)

    def stop(self, now: float) -> None:
        """Leave politely; drafts and questions stay for another `connect`."""
        self._links.is_halted = True
        self._failover.end()
        self._marking.write_last(now)
        self._admission.sign_out(now)
        self._advance(now)

    def send(self, drafts: Iterable[Draft], now: float) -> None:
        """Messages that are on disk. Counters rise from call to call (ValueError otherwise)."""
        for draft in drafts:
            self._exchange.send(draft)
        self._advance(now)

    def ask(self, ticket: int, question: AnyQuestion, now: float) -> None:
        """A question; its answer or failure carries the ticket. The question's `id` does not matter.

        What it archives (a room made or joined) is answered by `Stored` with its counter.
        """
        self._exchange.ask(ticket, question, now)
        self._advance(now)

    def upload(self, ticket: int, sha256: str, size: int, now: float) -> None:
        """Send a file: `TransferEnded` with this ticket says that a message may carry it."""
        self._transfers.upload(ticket, sha256, size)
        self._advance(now)

    def download(self, ticket: int, room: str, file: FileFacts, now: float, *, done: int) -> None:
        """Fetch a file that a message of a room carries, behind the `done` bytes that are here."""
        self._transfers.download(ticket, room, file.sha256, file.size, done)
        self._advance(now)

    def cancel(self, ticket: int) -> None:
        """Neither send nor fetch it any more."""
        self._transfers.cancel(ticket)

    def mark(self, cursor: Cursor, now: float, read: dict[str, int] | None = None) -> None:
        """The app keeps everything up to this cursor; the person has read rooms up to an index.

        `read` are indices that the app held together with this cursor, before any later `Diverged`.
        """
        self._marking.mark(cursor, read or {})
        self._advance(now)

    def typing(self, room: str, now: float) -> None:
        """The person types; call it as often as a key is pressed."""
        self._marking.typing(room, now)

    def watch(self, room: str, now: float) -> None:
        """Tell who has what in this room, from now on: `ReceiptsChanged`."""
        self._watched.watch(room)
        self._advance(now)

    # What the shell brings.

    def piece_read(self, ticket: int, offset: int, raw: bytes, now: float, *, is_packed: bool) -> None:
        """A piece of a file that is sent; `is_packed`: as a zstd frame."""
        self._transfers.piece_read(ticket, offset, raw, now, is_packed=is_packed)

    def link_opened(self, link_id: int, now: float, authority: str = "") -> None:
        """A dial succeeded; `authority` is the CA certificate (PEM) if this dial fetched it."""
        link = self._links.find(link_id)
        if link is not None:
            self._admission.opened(link, authority, now)
            self._advance(now)

    def link_bytes(self, link_id: int, data: bytes, now: float) -> None:
        """Bytes came on an open link."""
        link = self._links.find(link_id)
        if link is None:
            return
        link.heard(now)
        try:
            found = link.connection.receive(data)
        except RemoteProtocolError:
            self._links.give_up(link, "protocol", now)
            found = []
        for event in found:
            # An event may have ended this link; what came behind it is not for us any more.
            if self._links.find(link_id) is not None:
                self._handle(link, event, now)
        self._delivery.flush()
        self._advance(now)

    def link_closed(self, link_id: int, code: str, now: float) -> None:
        """An open link ended; `code` says why (`server.network.errors`)."""
        link = self._links.find(link_id)
        if link is not None:
            self._links.lost(link, code, now)
            self._advance(now)

    def dial_failed(self, link_id: int, code: str, now: float, fingerprint: str = "") -> None:
        """Nobody was reached; `fingerprint` (hex) is that of a certificate which is not trusted."""
        link = self._links.find(link_id)
        if link is None:
            return
        self._links.lost(link, code, now)
        if code == "wrong_certificate":
            self._links.choice.bar(link.address)
            self._emit(CertificateChanged(address=link.address, fingerprint=fingerprint))
        elif code == "unknown_certificate":
            self._links.choice.bar(link.address)
            self._emit(CertificateUnknown(address=link.address, fingerprint=fingerprint))
        self._advance(now)

    def excuse_silence(self, now: float) -> None:
        """What the servers say was not read up to now: none of them is to be taken for dead."""
        for link in self._links:
            link.heard(now)

    def tick(self, now: float) -> None:
        """Time passed."""
        self._advance(now)

    # Inside.

    def _emit(self, effect: LinkEffect | FileEffect | AnyNotice) -> None:
        self._effects.append(effect)

    def _advance(self, now: float) -> None:
        """Bring on what can be brought on; the same steps from whatever input we come."""
        self._exchange.expire(now)
        self._liveness.check(now)
        self._failover.advance(now)
        self._exchange.write(now)
        self._transfers.write(now)
        self._marking.write(now)
        self._watched.write(now)

    def _handle(self, link: Link, event: AnyEvent, now: float) -> None:
        """Events of newer servers, and deliveries on a link that does not lead, are passed over."""
        handle_link = self._link_handlers.get(type(event))
        if handle_link is not None:
            handle_link(link, event, now)
        elif link.stage is Stage.ACTIVE and type(event) in self._active_handlers:
            self._active_handlers[type(event)](event, now)

    def _make_link_handlers(self) -> dict[type[Any], Callable[[Link, Any, float], None]]:
        return {
            Welcome: self._on_welcome,
            SignedIn: self._on_signed_in,
            GoTo: self._on_go_to,
            Failed: self._on_failed,
            Goodbye: self._on_goodbye,
            ServersChanged: self._on_servers_changed,
            events.Pong: self._liveness.pong,
        }

    def _make_active_handlers(self) -> dict[type[Any], Callable[[Any, float], None]]:
        delivery, exchange = self._delivery, self._exchange
        return {
            events.Stored: exchange.stored,
            events.UploadState: lambda event, _: self._transfers.upload_state(event),
            events.FilePiece: lambda event, _: self._transfers.file_piece(event),
            **dict.fromkeys(typing.get_args(events.AnyAnswer), lambda event, _: exchange.answered(event)),
            **dict.fromkeys(typing.get_args(events.AnyHappening), lambda event, _: delivery.happened(event)),
            **dict.fromkeys((events.RoomLeft, events.RoomDeleted, events.PersonLeft), self._on_gone),
            RoomList: self._on_room_list,
            events.Messages: lambda event, _: delivery.messages(event),
            events.RoomCreated: lambda event, _: delivery.room_created(event),
            events.RoomJoined: self._on_joined,
            events.PositionMoved: lambda event, _: delivery.position_moved(event),
            events.CopiesRaised: lambda event, _: delivery.copies_raised(event),
            events.Diverged: lambda event, _: delivery.diverged(event.index),
            events.PresenceChanged: self._on_presence_changed,
            events.Noted: self._on_noted,
            events.RoomReceipts: self._on_room_receipts,
            events.ReceiptsMoved: lambda event, _: self._watched.moved(event),
            events.PersonPresence: lambda event, _: delivery.person_presence(event),
            events.TypingNow: lambda event, _: delivery.typing(event),
        }

    def _on_welcome(self, link: Link, event: Welcome, now: float) -> None:
        if link.awaits(event.answer):
            self._admission.welcome(link, event, now)

    def _on_signed_in(self, link: Link, event: SignedIn, now: float) -> None:
        if not link.awaits(event.answer):
            return
        self._admission.signed_in(link, event, now)
        if not event.standby:
            connected = Connected(
                server=event.server,
                address=link.address,
                user=event.user,
                name=event.name,
                chat=link.chat,
                cluster=link.cluster,
            )
            self._emit(connected)
            self._delivery.signed_in(event)
            self._marking.signed_in(event)
            self._watched.ask_again()

    def _on_go_to(self, link: Link, event: GoTo, now: float) -> None:
        if link.awaits(event.answer):
            self._admission.go_to(link, event, now)

    def _on_failed(self, link: Link, event: Failed, now: float) -> None:
        if not event.answer:
            # About no request: the link's last words, if it ends now.
            link.last_words, link.last_arguments = event.code, event.arguments
        elif link.awaits(event.answer):
            self._admission.refused(link, event, now)
        elif link.stage is Stage.ACTIVE and not self._transfers.failed(event, now):
            self._on_request_failed(event, now)

    def _on_request_failed(self, event: Failed, now: float) -> None:
        if self._marking.is_mine(event.answer):
            self._marking.failed(now)
        elif self._watched.is_mine(event.answer):
            self._watched.failed(event, now)
        else:
            self._exchange.failed(event, now)

    def _on_noted(self, event: events.Noted, _: float) -> None:
        if self._marking.is_mine(event.answer):
            self._marking.noted()

    def _on_room_receipts(self, event: events.RoomReceipts, _: float) -> None:
        if self._watched.is_mine(event.answer):
            self._watched.listed(event)
        else:
            self._exchange.answered(event)

    def _on_joined(self, event: events.RoomJoined, _: float) -> None:
        self._delivery.room_joined(event)
        self._watched.joined(event)

    def _on_gone(self, event: events.RoomLeft | events.RoomDeleted | events.PersonLeft, _: float) -> None:
        self._delivery.happened(event)
        self._watched.gone(event)

    def _on_fork(self, index: int) -> None:
        self._marking.diverged(index)
        self._watched.diverged(index)

    def _on_goodbye(self, link: Link, event: Goodbye, now: float) -> None:
        self._links.choice.learn(event.address)
        self._links.give_up(link, event.code, now, event.arguments)

    def _on_servers_changed(self, link: Link, event: ServersChanged, now: float) -> None:
        if link.stage is Stage.ACTIVE:
            for facts in event.servers:
                self._links.choice.heard_of(facts.name, now, is_up=facts.is_up)
            self._admission.hear_addresses(link, event.servers)
            self._delivery.servers_changed(event)
        else:
            self._liveness.hear_from_standby(event, now)

    def _on_presence_changed(self, event: events.PresenceChanged, _: float) -> None:
        self._links.choice.crowd = event.online
        self._delivery.presence_changed(event)

    def _on_room_list(self, event: RoomList, _: float) -> None:
        ticket = self._exchange.ticket_of(event)
        if ticket is not None:
            self._delivery.rooms_listed(event.rooms)
            # Whoever asked knows the rooms when the answer is there.
            self._delivery.flush()
            self._emit(Answered(ticket=ticket, answer=event))
