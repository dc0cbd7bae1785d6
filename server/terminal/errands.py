"""Everything that can be done in a terminal client, by its commands: one errand a noun."""

from collections.abc import Callable
from typing import Final

import msgspec

from server.client.notices import AnyNotice
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.protocol.events import Message
from server.protocol.requests import Who
from server.terminal.account import Account
from server.terminal.acquaintances import Acquaintances
from server.terminal.asking import Asking
from server.terminal.changing import Changing
from server.terminal.drafts import Drafts
from server.terminal.exporting import Exporting
from server.terminal.files import Files
from server.terminal.friendships import Friendships
from server.terminal.groups import Groups
from server.terminal.history import Pages
from server.terminal.inviting import Inviting
from server.terminal.muting import Muting
from server.terminal.outbox_file import OutboxFile
from server.terminal.printing import Printer
from server.terminal.receipts import ReceiptErrands
from server.terminal.rooms import Conversations
from server.terminal.searching import Searching
from server.terminal.signing_out import SigningOut
from server.terminal.writing import Writing

_OF_PAGES: Final = frozenset({"/around", "/before", "/after"})
# What stands behind these need not be text: a file's name may be any bytes.
_OF_PATHS: Final = frozenset({"/file", "/get", "/export"})
# What a pipe says with these is about messages that it is shown.
_OF_SHOWN: Final = frozenset({"/last", "/reply", "/edit", "/delete", "/react", "/receipts", *_OF_PAGES})


class Manners(msgspec.Struct, frozen=True):
    """How a terminal client behaves: towards a person, or in a pipe."""

    # A person is there and can be asked.
    is_interactive: bool
    # The whole archive, not a window of it.
    is_full_archive: bool
    # After the end of the input, wait this long for a server that stores before giving up.
    wait_s: float
    # The name of the conversation to begin in; nothing: the general room.
    room: str = ""


class Errands:
    """The errands, wired to each other. Call `connect` before any command."""

    of_paths: Final = _OF_PATHS
    of_shown: Final = _OF_SHOWN

    def __init__(
        self,
        outbox: OutboxFile,
        printer: Printer,
        clock: Clock,
        manners: Manners,
        writing: Writing,
        *,
        show_progress: Callable[[str], None],
    ) -> None:
        self._printer = printer
        self._writing = writing
        self._links: ClientLinks | None = None
        self.account: Final = Account(outbox.next_counter, printer.note)
        self.conversations: Final = Conversations(
            self._asking(outbox),
            self._show_again,
            keep=outbox,
            start=manners.room,
            is_interactive=manners.is_interactive,
        )
        label_of = self.conversations.rooms.label_of
        self.drafts: Final = Drafts(
            outbox,
            self.conversations,
            printer,
            clock.wall_ms,
            is_interactive=manners.is_interactive,
        )
        writing.end_drafts(self.drafts)
        self.friendships: Final = Friendships(
            self._asking(outbox),
            private_with=self.conversations.private_with,
            write=lambda room, text: writing.lines(room, [text], is_by_command=True),
            private_names=self.conversations.private_names,
            is_interactive=manners.is_interactive,
        )
        self.muting: Final = Muting(self.conversations, outbox, printer.note)
        self.inviting: Final = Inviting(self._asking(outbox), lambda: outbox.fact("authority"))
        self.groups: Final = Groups(self._asking(outbox), self.conversations)
        self.searching: Final = Searching(self._room, printer.note, printer.shown.add_hit, label_of)
        self.pages: Final = Pages(printer.shown, room=self._room, show=printer.past, note=printer.note)
        self.exporting: Final = Exporting(self._room, self.conversations.rooms, clock, printer.note)
        self.files: Final = self._files(outbox, show_progress)
        self.changing: Final = self._changing(outbox)
        self.receipts: Final = ReceiptErrands(
            self._room, printer.note, label_of, is_quiet=self.conversations.is_quiet
        )
        self.people: Final = Acquaintances(asks=manners.is_interactive)
        self.signing_out: Final = self._signing_out(outbox, is_interactive=manners.is_interactive)
        self._all = (
            *(self.conversations, self.friendships, self.groups, self.inviting),
            *(self.account, self.searching, self.pages, self.exporting),
            *(self.files, self.changing, self.receipts, self.signing_out),
        )
        printer.talk_in(lambda room: room == self.conversations.room, label_of)
        # Those that must know where we are, and where we can go.
        self.of_places: Final = self._place_commands()
        self.commands: Final = {**self.of_places, **self._other_commands()}

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return any(errand.is_waiting for errand in self._all)

    @property
    def is_deciding(self) -> bool:
        """Whether it is still to be seen where the next line goes, and who hears it."""
        people = self.friendships.is_waiting or self.groups.is_waiting or self.inviting.is_waiting
        is_going = self.account.is_leaving or self.signing_out.is_waiting
        return self.conversations.is_deciding or people or is_going

    @property
    def is_out(self) -> bool:
        """Whether the servers take nothing more from us, as we wished."""
        return self.account.has_left or self.signing_out.has_signed_out

    def is_to_come(self, word: str) -> bool:
        """Whether what this command is about has not been answered yet: the hits, or the page before."""
        return word in _OF_PAGES and (self.searching.is_waiting or self.pages.is_waiting)

    def is_untold(self, notice: AnyNotice) -> bool:
        """Whether what this notice says is stored will never be delivered: it concerns nobody else."""
        return self.inviting.awaits(notice)

    @property
    def has_failed(self) -> bool:
        """Whether something that was wanted was not done."""
        return self.drafts.has_failed or any(errand.has_failed for errand in self._all)

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links
        for errand in (*self._all, self.people):
            errand.connect(links)

    def hear(self, notice: AnyNotice) -> None:
        """Something is about one of them, perhaps."""
        for errand in (*self._all, self.people):
            errand.hear(notice)

    def show(self, messages: list[Message]) -> None:
        """Print what has not been printed, and is no news of a muted conversation."""
        messages = [message for message in messages if self.muting.is_shown(message)]
        self._printer.messages(messages)
        self.receipts.printed(messages)
        self.pages.printed(messages)

    def _show_again(self, messages: list[Message]) -> None:
        self._printer.again(messages)
        self.receipts.printed(messages)
        self.pages.entered(messages)

    def _room(self) -> str:
        return self.conversations.room

    def _reply(self, text: str, reply: tuple[str, int]) -> None:
        """An answer goes where the message stands, wherever one talks."""
        shown = self._printer.shown
        answered = shown.find(shown.number_of(reply))
        self._writing.reply(answered.room if answered is not None else self._room(), text, reply)

    def _who(self, _argument: str) -> None:
        if self.conversations.is_somewhere() and self._links is not None:
            self._links.ask(Who(id=1, room=self._room()))

    def _asking(self, outbox: OutboxFile) -> Asking:
        return Asking(outbox.next_counter, self._printer.note)

    def _files(self, outbox: OutboxFile, show_progress: Callable[[str], None]) -> Files:
        return Files(
            keep=outbox,
            note=self._printer.note,
            write=self._writing.file,
            room=self._room,
            listed=self._printer.with_file,
            show=show_progress,
        )

    def _changing(self, outbox: OutboxFile) -> Changing:
        return Changing(
            self._printer.shown,
            next_counter=outbox.next_counter,
            show=self._printer.listed,
            reply=self._reply,
            note=self._printer.note,
            is_quiet=self.conversations.is_quiet,
        )

    def _signing_out(self, outbox: OutboxFile, *, is_interactive: bool) -> SigningOut:
        return SigningOut(
            outbox.next_counter,
            self._printer.note,
            device=lambda: outbox.fact("device"),
            waiting=lambda: len(self._writing),
            is_busy=self._is_busy,
            is_interactive=is_interactive,
        )

    def _is_busy(self) -> bool:
        others = (errand for errand in self._all if errand is not self.signing_out)
        return bool(self._writing) or any(errand.is_waiting for errand in others)

    def _place_commands(self) -> dict[str, Callable[[str], None]]:
        return {
            "/rooms": self.conversations.list_all,
            "/room": self.conversations.switch,
            "/join": self.conversations.join,
            "/leave": self.conversations.leave,
            "/delete-room": self.conversations.delete,
            "/create": self.conversations.create,
            "/rename": self.conversations.rename,
            "/topic": self.conversations.describe,
            "/mute": self.muting.mute,
            "/unmute": self.muting.unmute,
            "/group": self.groups.create,
            "/add": self.groups.add,
            "/remove": self.groups.remove,
            "/admin": self.groups.appoint,
            "/unadmin": self.groups.dismiss,
            "/friends": self.friendships.list_all,
            "/friend": self.friendships.ask,
            "/accept": self.friendships.accept,
            "/decline": self.friendships.decline,
            "/unfriend": self.friendships.end,
            "/block": self.friendships.block,
            "/unblock": self.friendships.unblock,
            "/msg": self.friendships.message,
            "/invite": self.inviting.create,
            "/invites": self.inviting.list_all,
            "/uninvite": self.inviting.take_back,
            "/unregister": self.account.unregister,
        }

    def _other_commands(self) -> dict[str, Callable[[str], None]]:
        return {
            "/who": self._who,
            "/members": self._who,
            "/search": self.searching.search,
            "/export": self.exporting.export,
            "/unread": self.receipts.unread,
            "/receipts": self.receipts.receipts,
            "/typing": self.receipts.typing,
            "/devices": self.account.list_devices,
            "/revoke": self.account.revoke,
            "/signout": self.signing_out.sign_out,
            "/password": self.account.change_password,
            "/last": self.changing.list_last,
            "/around": self.pages.around,
            "/before": self.pages.before,
            "/after": self.pages.after,
            "/reply": self.changing.reply,
            "/edit": self.changing.edit,
            "/delete": self.changing.delete,
            "/react": self.changing.react,
            "/draft": self.drafts.draft,
            "/drafts": self.drafts.list_all,
            "/file": self.files.send,
            "/get": self.files.fetch,
        }
