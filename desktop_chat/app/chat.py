"""One chat on the screen: takes events, keeps the models, brings the window up to date once a batch."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from desktop_chat.app.connection_events import changed_connection
from desktop_chat.app.conversations import Conversations
from desktop_chat.app.session import Session
from desktop_chat.app.writing import Writing
from desktop_chat.gui_events import (
    GuiEvent,
    MessagesKept,
    OutboxFailed,
    OutboxKept,
    OutboxRefused,
    RoomsKept,
)
from desktop_chat.i18n.translation import _
from desktop_chat.network_requests import AskOlder, Reconnect
from desktop_chat.store import drafts, facts, history, outbox, rooms
from desktop_chat.store.messages import from_draft, from_event
from desktop_chat.view_models.banner import Notice, build_banner
from desktop_chat.view_models.connection import ConnectionState
from desktop_chat.view_models.conversation_list import build_rows
from desktop_chat.view_models.header import build_header
from desktop_chat.view_models.message_list import Change, MessageList
from desktop_chat.view_models.status_bar import build_status_bar
from desktop_chat.view_models.time_texts import local_time
from desktop_chat.widgets.main_window import MainWindow
from server.client import notices
from server.i18n.error_texts import error_text
from server.i18n.merge_texts import renamed_text, withdrawn_text
from server.network.clock import Clock
from server.protocol.events import MessageDeleted, MessageEdited, Withdrawn

# A page from the servers, what a conversation opens with, and what is fetched from the cache at once:
# a few milliseconds each.
_PAGE_ROWS: Final = 100
_OPENED_ROWS: Final = 2_000
_CACHED_ROWS: Final = 10_000


class Chat:
    """Lives as long as a session; the window under it may be built anew (`show_in`)."""

    def __init__(
        self, session: Session, clock: Clock, post: Callable[[GuiEvent], None], has_focus: Callable[[], bool]
    ) -> None:
        self.session = session
        self.state = ConnectionState()
        self.notice: Notice | None = None
        self.room = ""
        self.on_state: Callable[[], None] = lambda: None
        self._clock = clock
        self._has_focus = has_focus
        self._window: MainWindow | None = None
        self.model: MessageList | None = None
        self._older_ticket = 0
        self._shown_day = self.today()
        identity = session.identity
        assert identity is not None
        self.own_name = identity.name
        self.own_user = facts.read_fact(session.reader, "user")
        self._device = identity.device
        self.writing = Writing(session, clock, post)
        self.conversations = Conversations(session.reader)
        self.conversations.load(self.own_user)
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            MessagesKept: self._messages_kept,
            OutboxKept: self._outbox_kept,
            OutboxFailed: self._outbox_failed,
            OutboxRefused: self._outbox_refused,
            RoomsKept: self._rooms_kept,
            notices.Connected: self._connected,
            notices.Stored: self._stored,
            notices.CopiesRaised: self._copies_raised,
            notices.Diverged: self._diverged,
            notices.Renamed: self._renamed,
            notices.Happened: self._happened,
            notices.QuestionFailed: self._question_failed,
        }

    # What the application asks.

    def show_in(self, window: MainWindow) -> None:
        """Show everything in a new window."""
        self._window = window
        if not self.room:
            self.room = self._first_room()
        self._open_room(self.room)
        self.refresh()

    def take(self, events: Sequence[GuiEvent]) -> None:
        """Events came: change the models, then show what changed."""
        for event in events:
            state = changed_connection(self.state, event, self._clock.monotonic_s())
            if state is not None:
                self.state = state
            handler = self._handlers.get(type(event))
            if handler is not None:
                handler(event)
        self.refresh()

    def refresh(self) -> None:
        """Bring everything but the messages up to date; parts that stay the same cost nothing."""
        window = self._window
        if window is None:
            return
        self.state = msgspec.structs.replace(self.state, waiting_count=self.writing.waiting_count)
        window.status_bar.show(build_status_bar(self.state))
        window.show_banner(build_banner(self.state, self.notice, self._clock.monotonic_s()))
        rows = build_rows(self.conversations, self.room, self.own_user, self.today())
        window.sidebar.conversations.show(rows)
        servers = self.session.servers
        chat_name = servers.chat_name if servers and servers.chat_name else _("Desktop Chat")
        window.sidebar.show_person(
            self.own_user or self.own_name, self.own_name, chat_name, self.state.is_connected
        )
        name = self.conversations[self.room].name if self.room in self.conversations else ""
        window.header.show(self.room, build_header(name or rooms.GENERAL, self.state))
        self.on_state()

    def today(self) -> date:
        """The day at this place."""
        return local_time(self._clock.wall_ms()).date()

    # What the person does.

    def select_room(self, room: str) -> None:
        """Go to another conversation."""
        if room != self.room and room in self.conversations:
            self._keep_draft()
            self._open_room(room)
            self.refresh()

    def send(self, text: str) -> None:
        """Enter was pressed: the row is there at once, with a clock."""
        assert self.model is not None
        pending = self.writing.send(self.room, text, self._device)
        self._apply(self.model.mark_new_from(0))
        self._apply(self.model.add_pending(pending))
        self.conversations.written(pending)
        if self._window is not None:
            self._window.messages.scroll_to_end()
        self.refresh()

    def draft_changed(self, text: str) -> None:
        """Something else stands in the box."""
        if self.room:
            self.writing.draft_changed(self.room, text)

    def end_seen(self) -> None:
        """The newest message is on the screen."""
        if self.model is None or not self._has_focus() or not self.model.newest_index:
            return
        if self.writing.mark_read(self.room, self.model.newest_index):
            had_unread = self.conversations[self.room].unread > 0
            self.conversations.seen(self.room)
            if had_unread:
                self.refresh()

    def ask_older(self) -> None:
        """The list comes to its beginning: get what lies before, from the cache or the servers."""
        if self.model is None:
            return
        cached = history.room_indices(self.session.reader, self.room, self.model.oldest_index, _CACHED_ROWS)
        if cached:
            self._apply(self.model.add_older(cached))
            return
        network = self.session.network
        if network is None or not self.state.is_connected or self._older_ticket:
            return
        known = next((each for each in rooms.read_rooms(self.session.reader) if each.room == self.room), None)
        if known is not None and not known.has_beginning:
            self._older_ticket = network.request(AskOlder(self.room, self.model.oldest_index, _PAGE_ROWS))

    def banner_pressed(self, action: str) -> None:
        """The button of the banner."""
        if action == "dismiss":
            self.notice = None
        elif self.session.network is not None:
            self.state = msgspec.structs.replace(self.state, refusal="", retry_at_s=None)
            self.session.network.request(Reconnect())
        self.refresh()

    def say(self, sentence: str) -> None:
        """Something good to know, in the banner."""
        self.notice = Notice(sentence, "info")
        self.refresh()

    def show_new_day(self) -> None:
        """At midnight "Today" becomes "Yesterday"."""
        if self.today() != self._shown_day and self._window is not None:
            self._shown_day = self.today()
            self._window.messages.refresh_soon()
            self.refresh()

    def close(self) -> None:
        """Keep what is being written."""
        self._keep_draft()
        self._window = None

    # What the events do.

    def _messages_kept(self, event: MessagesKept) -> None:
        messages = [from_event(message, event.copies) for message in event.messages]
        here = [message for message in messages if message.room == self.room]
        self.writing.delivered(messages, self._device)
        is_answer = bool(event.ticket)
        self.conversations.arrived(
            messages, self.own_user, lambda room: not is_answer and not self._is_seen(room)
        )
        if event.ticket and event.ticket == self._older_ticket:
            self._older_ticket = 0
        if self.model is None:
            return
        if not is_answer and here and not self.model.new_from and not self._is_seen(self.room):
            first = next((each.index for each in here if not each.is_own(self.own_user)), 0)
            self._apply(self.model.mark_new_from(first))
        self._apply(self.model.add(here))
        if is_answer and self._window is not None:
            self._window.messages.ask_older_again()

    def _outbox_kept(self, event: OutboxKept) -> None:
        self.writing.kept(event)
        if self.model is not None:
            self.model.number_pending(-event.ticket, event.draft.counter)

    def _outbox_failed(self, event: OutboxFailed) -> None:
        self.writing.failed(event)
        self._take_back(event.room, -event.ticket, event.text)
        sentence = _("Your message could not be kept on this computer: {reason}")
        self.notice = Notice(sentence.format(reason=event.reason))

    def _outbox_refused(self, event: OutboxRefused) -> None:
        self.writing.settled(event.draft.counter)
        self._take_back(event.draft.room, event.draft.counter, event.draft.text)
        self.notice = Notice(error_text(event.code, event.arguments))

    def _rooms_kept(self, _event: RoomsKept) -> None:
        self.conversations.load(self.own_user)
        if not self.room and self._window is not None:
            self._open_room(self._first_room())
        elif self._window is not None:
            self._window.messages.ask_older_again()
            self._window.messages.refresh_soon()

    def _connected(self, event: notices.Connected) -> None:
        self._older_ticket = 0
        self.own_name = event.name
        if event.user != self.own_user:
            self.own_user = event.user
            if self._window is not None:
                # Which messages are our own is only known from here on.
                self._open_room(self.room)
        elif self._window is not None:
            self._window.messages.ask_older_again()
            self._window.messages.refresh_soon()

    def _stored(self, event: notices.Stored) -> None:
        self.writing.settled(event.counter)
        if self.model is not None:
            self._apply(self.model.raise_copies([event.counter], event.copies))

    def _copies_raised(self, event: notices.CopiesRaised) -> None:
        if self.model is not None:
            self._apply(self.model.raise_archived(event.index))

    def _diverged(self, event: notices.Diverged) -> None:
        if self.model is not None:
            self._apply(self.model.drop_behind(event.index))
        for conversation in list(self.conversations):
            self.conversations.reload_last(conversation.room)

    def _renamed(self, event: notices.Renamed) -> None:
        if event.what == "person":
            self.own_name = event.name
        self.say(renamed_text(event.what, event.wanted_name, event.name))

    def _happened(self, notice: notices.Happened) -> None:
        match notice.event:
            case Withdrawn(code=code, arguments=arguments):
                self.say(withdrawn_text(code, arguments))
            case MessageEdited() | MessageDeleted() as change:
                self._show_change(change)
            case _:
                pass

    def _show_change(self, change: MessageEdited | MessageDeleted) -> None:
        """The cache has it already."""
        message = history.find_message(self.session.reader, *change.target)
        if message is None:
            return
        if message.room == self.room and self.model is not None:
            self._apply(self.model.replace(message))
        self.conversations.reload_last(message.room)

    def _question_failed(self, event: notices.QuestionFailed) -> None:
        if event.ticket == self._older_ticket:
            self._older_ticket = 0
            if self._window is not None:
                self._window.messages.ask_older_again()

    # Inside.

    def _first_room(self) -> str:
        """The room called general, else the first one."""
        known = sorted(self.conversations, key=lambda each: (each.name != rooms.GENERAL, each.name))
        return known[0].room if known else ""

    def _open_room(self, room: str) -> None:
        self.room = room
        self._older_ticket = 0
        if self._window is None or not room:
            return
        reader = self.session.reader
        waiting = [from_draft(draft, self._device, copies) for draft, copies in outbox.waiting(reader, room)]
        self.model = MessageList(
            lambda first, last: history.room_page(reader, room, first, last),
            history.room_indices(reader, room, 0, _OPENED_ROWS),
            self.writing.with_unkept(waiting, room, self._device),
            own_user=self.own_user,
            own_name=self.own_name,
            today=self.today,
            new_from=rooms.first_unread(reader, room, self.own_user),
        )
        self._window.messages.show(self.model)
        self._window.composer.set_content(self.writing.draft_of(room, drafts.read_draft(reader, room)))

    def _apply(self, changes: Sequence[Change]) -> None:
        if self._window is not None:
            self._window.messages.apply(changes)

    def _is_seen(self, room: str) -> bool:
        """Whether the person looks at the end of a room."""
        at_end = self._window is not None and self._window.messages.viewport.is_at_end
        return room == self.room and at_end and self._has_focus()

    def _take_back(self, room: str, counter: int, text: str) -> None:
        """A text comes back into the box; the row goes."""
        if self.model is not None and room == self.room:
            self._apply(self.model.remove_pending(counter))
            self._put_back(text)
        else:
            begun = self.writing.draft_of(room, "")
            self.writing.draft_changed(room, f"{text}\n{begun}" if begun else text)
        self.conversations.reload_last(room)

    def _put_back(self, text: str) -> None:
        if self._window is not None:
            begun = self._window.composer.content()
            self._window.composer.set_content(f"{text}\n{begun}" if begun else text)

    def _keep_draft(self) -> None:
        if self._window is not None and self.room:
            self.writing.draft_changed(self.room, self._window.composer.content())
            self.writing.keep_drafts()
