"""Writes into the cache what the network brings, and tells the window once it is written."""

import itertools
import sqlite3
from collections.abc import Callable
from typing import Any, Final

import msgspec

from desktop_chat.gui_events import GuiEvent, MessagesKept, OutboxRefused, RoomsKept
from desktop_chat.store import facts, history, outbox, rooms
from desktop_chat.store.drafts import read_draft, write_draft
from desktop_chat.store.messages import from_event
from desktop_chat.store.store_thread import StoreThread
from server.client import notices
from server.client.outbox import Draft
from server.protocol import events
from server.protocol.events import HistoryPage
from server.protocol.limits import INTEGER_MAX
from server.protocol.requests import Cursor

Handler = Callable[[Any], None]

_EVERYTHING: Final = INTEGER_MAX


class Keeper:
    """Takes the conversation's notices on the network's thread; gives events through `post`.

    What needs no writing is told at once.
    """

    def __init__(
        self,
        store: StoreThread,
        post: Callable[[GuiEvent], None],
        kept: Callable[[Cursor], None] = lambda _cursor: None,
    ) -> None:
        """`kept` is told how far the cache has everything, once it is on the disk."""
        self._store = store
        self._post = post
        self._kept = kept
        # How many servers a message that is delivered now is on.
        self._copies = 1
        self._handlers: dict[type[notices.Notice], Handler] = {
            notices.Arrived: self._arrived,
            notices.Answered: self._answered,
            notices.Stored: self._stored,
            notices.Refused: self._refused,
            notices.CopiesRaised: self._copies_raised,
            notices.PositionMoved: self._position_moved,
            notices.Diverged: self._diverged,
            notices.Happened: self._happened,
            notices.ServersChanged: self._servers_changed,
            notices.Taught: self._taught,
            notices.RoomsChanged: self._rooms_changed,
            notices.Connected: self._connected,
        }

    def on_notices(self, brought: list[notices.AnyNotice]) -> None:
        """Take a batch."""
        for notice in brought:
            self._handlers.get(type(notice), self._post)(notice)

    def _arrived(self, notice: notices.Arrived) -> None:
        self._keep(MessagesKept(notice.messages, self._copies))

    def _answered(self, notice: notices.Answered) -> None:
        page = notice.answer
        if isinstance(page, HistoryPage):
            # A page is cut off at its older side, and that is where its end is.
            self._keep(MessagesKept(page.messages, self._copies, notice.ticket, page.room, page.is_end))
        else:
            self._post(notice)

    def _keep(self, kept: MessagesKept) -> None:
        messages = [from_event(event, kept.copies) for event in kept.messages]

        def write(connection: sqlite3.Connection) -> list[bool]:
            are_kept = history.insert_messages(connection, messages)
            if kept.is_beginning:
                rooms.mark_beginning(connection, kept.room)
            return are_kept

        def tell(are_kept: list[bool]) -> None:
            found = list(itertools.compress(kept.messages, are_kept))
            self._post(kept if all(are_kept) else msgspec.structs.replace(kept, messages=found))

        self._store.write(write, tell)

    def _stored(self, notice: notices.Stored) -> None:
        self._then_post(
            lambda connection: outbox.mark_stored(connection, notice.counter, notice.index, notice.copies),
            notice,
        )

    def _refused(self, notice: notices.Refused) -> None:
        def write(connection: sqlite3.Connection) -> Draft | None:
            draft = outbox.take_refused(connection, notice.counter)
            if draft is not None:
                # The text is not lost: it stands in the box again, before what was begun since.
                begun = read_draft(connection, draft.room)
                write_draft(connection, draft.room, f"{draft.text}\n{begun}" if begun else draft.text)
            return draft

        def told(draft: Draft | None) -> None:
            if draft is not None:
                self._post(OutboxRefused(draft, notice.code, notice.arguments))

        self._store.write(write, told)

    def _copies_raised(self, notice: notices.CopiesRaised) -> None:
        self._then_post(lambda connection: history.raise_copies(connection, notice.index), notice)

    def _position_moved(self, notice: notices.PositionMoved) -> None:
        def write(connection: sqlite3.Connection) -> None:
            facts.write_cursor(connection, notice.cursor, notice.since)

        def tell(_none: None) -> None:
            self._kept(notice.cursor)
            self._post(notice)

        self._store.write(write, tell)

    def _diverged(self, notice: notices.Diverged) -> None:
        self._then_post(lambda connection: history.drop_behind(connection, notice.index), notice)

    def _happened(self, notice: notices.Happened) -> None:
        match notice.event:
            case events.MessageEdited(device=device, counter=counter, text=text):
                self._then_post(lambda connection: history.edit(connection, device, counter, text), notice)
            case events.MessageDeleted(device=device, counter=counter):
                self._store.scrub_soon()
                self._then_post(lambda connection: history.erase(connection, device, counter), notice)
            case _:
                self._post(notice)

    def _servers_changed(self, notice: notices.ServersChanged) -> None:
        self._copies = 2 if notice.mode == "dual" else 1
        if notice.mode == "dual":
            # A pair is dual only when both have everything that was ever delivered.
            self._copies_raised(notices.CopiesRaised(index=_EVERYTHING))
        self._post(notice)

    def _taught(self, notice: notices.Taught) -> None:
        self._store.write(
            lambda connection: facts.learn_servers(connection, notice.addresses, notice.authority)
        )

    def _rooms_changed(self, notice: notices.RoomsChanged) -> None:
        self._store.write(
            lambda connection: rooms.write_rooms(connection, notice.rooms),
            lambda _none: self._post(RoomsKept()),
        )

    def _connected(self, notice: notices.Connected) -> None:
        def write(connection: sqlite3.Connection) -> None:
            facts.write_fact(connection, "user", notice.user)
            facts.write_fact(connection, "name", notice.name)
            facts.write_fact(connection, "cluster", notice.cluster)
            facts.learn_chat_name(connection, notice.chat)

        self._then_post(write, notice)

    def _then_post(self, write: Callable[[sqlite3.Connection], object], event: GuiEvent) -> None:
        self._store.write(write, lambda _result: self._post(event))
