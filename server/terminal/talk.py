"""The loop of a terminal client: what is typed goes to disk and then out, what comes is printed.

One thread runs it and owns the outbox file; whatever reads the input, and the network, put what
they have into its queue.
"""

import queue
from collections.abc import Callable
from math import inf
from typing import Final

import msgspec

from server.client.exchange import refusal_of
from server.client.notices import (
    Answered,
    AnyNotice,
    Arrived,
    CertificateChanged,
    CertificateUnknown,
    Connected,
    OtherChat,
    QuestionFailed,
    Refused,
    SignInRefused,
    Stored,
    Taught,
)
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.network.tls import Trust
from server.protocol import events
from server.protocol.events import Message
from server.protocol.facts import FileFacts
from server.protocol.requests import History, Who
from server.terminal.account import Account
from server.terminal.changing import Changing
from server.terminal.exporting import Export, Exporting
from server.terminal.facts import ConnectionFacts
from server.terminal.files import Files
from server.terminal.outbox_file import OutboxFile
from server.terminal.patience import Patience
from server.terminal.printing import Printer
from server.terminal.receipts import ReceiptErrands
from server.terminal.searching import Searching
from server.terminal.sentences import (
    HELP,
    HELP_FOR_CHANGES,
    HELP_FOR_FILES,
    HELP_FOR_RECEIPTS,
    HELP_FOR_THE_PAST,
    certificate_question,
    changed_certificate,
    kept_lines,
    other_chat,
    password_hint,
    unknown_certificate,
    waiting_lines,
)
from server.terminal.telling import Telling
from server.terminal.typing_in import Ended, Input, Left, Typed

ROOM: Final = "general"
WINDOW_ROWS: Final = 50
# More than this is not held for the window of the past, which should have come long ago.
HELD_MAX: Final = 10_000
# At the end of the input most is done within this time; longer is worth a word.
_QUIET_S: Final = 1.0


class Manners(msgspec.Struct, frozen=True):
    """How a terminal client behaves: towards a person, or in a pipe."""

    # A person is there and can be asked.
    is_interactive: bool
    # The whole archive, not a window of it.
    is_full_archive: bool
    # After the end of the input, wait this long for a server that stores before giving up.
    wait_s: float


class Talk:
    """Make it, let others `put`, and `run` it once; the exit code comes back."""

    def __init__(
        self,
        outbox: OutboxFile,
        printer: Printer,
        clock: Clock,
        manners: Manners,
        show_progress: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._outbox = outbox
        self._printer = printer
        self._clock = clock
        self._manners = manners
        self._queue: queue.SimpleQueue[Input | Export | list[AnyNotice]] = queue.SimpleQueue()
        self._facts = ConnectionFacts()
        self._telling = Telling()
        # The counters of what has no final answer.
        self._waiting = {draft.counter for draft in outbox.drafts()}
        self._refused_count = 0
        # The window of the past is printed first; what arrives before it is held.
        self._held: list[Message] = []
        self._window_ticket = 0
        self._has_window = manners.is_full_archive
        # Since when the input is at its end.
        self._ended_at_s: float | None = None
        self._patience = Patience(clock, manners.wait_s)
        self._is_waiting_told = False
        # The certificate that the person is being asked about.
        self._asked: CertificateUnknown | None = None
        self._exit_code: int | None = None
        self._account = Account(outbox.next_counter, printer.note)
        self._searching = Searching(ROOM, printer.note)
        self._exporting = Exporting(ROOM, clock, printer.note)
        self._files = Files(
            note=printer.note, write=self._write_file, listed=printer.with_file, show=show_progress
        )
        self._changing = Changing(
            printer.shown,
            next_counter=outbox.next_counter,
            line=printer.line,
            reply=self._send_reply,
            note=printer.note,
        )
        self._receipts = ReceiptErrands(ROOM, printer.note)
        asking = (self._account, self._searching, self._exporting)
        self._errands = (*asking, self._files, self._changing, self._receipts)
        self._commands = self._command_table()

    def _command_table(self) -> dict[str, Callable[[str], None]]:
        return {
            "/help": self._help,
            "/status": self._status,
            "/who": self._who,
            "/search": self._searching.search,
            "/export": self._exporting.export,
            "/unread": self._receipts.unread,
            "/receipts": self._receipts.receipts,
            "/typing": self._receipts.typing,
            "/devices": self._account.list_devices,
            "/revoke": self._account.revoke,
            "/password": self._account.change_password,
            "/last": self._changing.list_last,
            "/reply": self._changing.reply,
            "/edit": self._changing.edit,
            "/delete": self._changing.delete,
            "/react": self._changing.react,
            "/file": self._files.send,
            "/get": self._files.fetch,
            "/quit": self._quit,
        }

    @property
    def wants_secret(self) -> bool:
        """Whether the next line is a secret, not to be shown while it is typed. Any thread."""
        return self._account.is_asking

    def put(self, given: Input | Export | list[AnyNotice]) -> None:
        """Something was typed or is wanted, or the network has news. Any thread."""
        self._queue.put(given)

    def backlog(self) -> int:
        """How much waits to be dealt with. Any thread."""
        return self._queue.qsize()

    def run(self, links: ClientLinks) -> int:
        """Until the input has ended and everything is stored, or until it is of no use. The exit code."""
        self._links = links
        for errand in self._errands:
            errand.connect(links)
        links.connect()
        while self._exit_code is None:
            try:
                self._take(self._queue.get(timeout=self._patience_s()))
            except queue.Empty:
                self._wait_or_leave()
            except KeyboardInterrupt:
                self._take(Left())
        self._exporting.close()
        return self._exit_code

    def _take(self, given: Input | Export | list[AnyNotice]) -> None:
        match given:
            case Typed():
                self._type(given.lines)
            case Ended():
                self._end()
            case Export():
                self._exporting.begin(given)
            case Left():
                self._leave(1 if self._waiting else 0)
            case _:
                self._hear(given)
        if self._ended_at_s is not None and self._exit_code is None:
            self._leave_if_done()

    # What is typed.

    def _type(self, lines: list[str]) -> None:
        texts: list[str] = []
        for line in lines:
            if self._asked is not None:
                self._answer(self._asked, line)
            elif self._account.is_asking:
                self._account.answer(line)
            elif line.startswith("/") and not line.startswith("//"):
                # What was typed before a command is sent before it.
                self._send(texts)
                texts = []
                word, _space, argument = line.strip().partition(" ")
                self._commands.get(word, self._unknown_command)(argument.strip())
            elif line.strip():
                texts.append(line.removeprefix("/") if line.startswith("//") else line)
        self._send(texts)

    def _send(self, texts: list[str]) -> None:
        storable: list[str] = []
        for text in texts:
            refusal = refusal_of(text)
            if refusal is None:
                storable.append(text)
            else:
                self._tell(Refused(counter=0, code=refusal.code, arguments=refusal.arguments))
                self._refused_count += 1
        if storable:
            for draft in self._outbox.put(ROOM, storable, self._clock.wall_ms()):
                self._waiting.add(draft.counter)
                self._links.send(draft)

    def _send_reply(self, text: str, reply: tuple[str, int]) -> None:
        draft = self._outbox.put_reply(ROOM, text, reply, self._clock.wall_ms())
        self._waiting.add(draft.counter)
        self._links.send(draft)

    def _write_file(self, file: FileFacts) -> int:
        draft = self._outbox.put_file(ROOM, file, self._clock.wall_ms())
        self._waiting.add(draft.counter)
        self._links.send(draft)
        return draft.counter

    def _help(self, _argument: str) -> None:
        self._printer.note(_(HELP))
        self._printer.note(_(HELP_FOR_CHANGES))
        self._printer.note(_(HELP_FOR_THE_PAST))
        self._printer.note(_(HELP_FOR_FILES))
        self._printer.note(_(HELP_FOR_RECEIPTS))

    def _status(self, _argument: str) -> None:
        self._printer.note("\n".join(self._facts.lines(len(self._waiting))))

    def _who(self, _argument: str) -> None:
        self._links.ask(Who(id=1, room=ROOM))

    def _quit(self, _argument: str) -> None:
        self._end()

    def _unknown_command(self, _argument: str) -> None:
        self._printer.note(_("There is no such command; /help shows them."))

    # What the network brings.

    def _hear(self, notices: list[AnyNotice]) -> None:
        settled: list[int] = []
        for notice in notices:
            self._printer.notice(notice)
            self._facts.note(notice)
            self._patience.note(notice)
            for errand in self._errands:
                errand.hear(notice)
            self._tell(notice)
            if isinstance(notice, Stored | Refused):
                settled.append(notice.counter)
                self._refused_count += isinstance(notice, Refused)
            else:
                self._act_on(notice)
        if self._has_window and self._facts.is_level:
            self._files.messages_are_there()
        if settled:
            self._outbox.settle(settled)
            self._waiting.difference_update(settled)

    def _tell(self, notice: AnyNotice) -> None:
        self._printer.note(self._telling.sentence(notice))

    def _act_on(self, notice: AnyNotice) -> None:
        match notice:
            case Connected():
                self._connected(notice)
            case Arrived():
                self._arrived(notice.messages)
            case Answered(ticket, events.HistoryPage() as page) if ticket == self._window_ticket:
                self._begin_window(page.messages)
            case QuestionFailed(ticket) if ticket == self._window_ticket:
                self._begin_window([])
            case Taught():
                self._outbox.keep("addresses", ",".join(notice.addresses))
                self._outbox.keep("authority", notice.authority or self._outbox.fact("authority"))
            case CertificateUnknown():
                self._ask(notice)
            case CertificateChanged():
                self._leave(1, changed_certificate(notice))
            case OtherChat():
                self._leave(1, other_chat(notice))
            case SignInRefused(retry_in_s=None):
                if notice.code in {"device_revoked", "device_expired"}:
                    self._outbox.renew_device()
                self._leave(1, password_hint(notice))
            case _:
                pass

    def _connected(self, notice: Connected) -> None:
        self._outbox.keep("cluster", notice.cluster)
        if not self._has_window:
            self._window_ticket = self._links.ask(History(id=1, room=ROOM, limit=WINDOW_ROWS))

    def _arrived(self, messages: list[Message]) -> None:
        if self._has_window:
            self._print(messages)
        else:
            self._held += messages
            if len(self._held) > HELD_MAX:
                self._begin_window([])

    def _begin_window(self, messages: list[Message]) -> None:
        if not self._has_window:
            self._has_window = True
            # What waited for us may reach further back than the window.
            known = {message.index: message for message in (*messages, *self._held)}
            self._print([known[index] for index in sorted(known)])
            self._held = []

    def _print(self, messages: list[Message]) -> None:
        self._printer.messages(messages)
        self._receipts.printed(messages)

    # Certificates.

    def _ask(self, notice: CertificateUnknown) -> None:
        if not self._manners.is_interactive:
            self._leave(1, unknown_certificate(notice))
        elif self._asked is None:
            self._asked = notice
            self._printer.note(certificate_question(notice))

    def _answer(self, asked: CertificateUnknown, line: str) -> None:
        self._asked = None
        if line.strip().casefold() in {_("yes"), "yes"}:
            self._links.trust(Trust(fingerprint=bytes.fromhex(asked.fingerprint)))
        else:
            self._leave(1, _("The server is not trusted; nothing was sent."))

    # The end.

    def _end(self) -> None:
        if self._ended_at_s is None:
            self._ended_at_s = self._clock.monotonic_s()

    def _patience_s(self) -> float | None:
        """How long the loop waits for news before `_wait_or_leave`."""
        if self._ended_at_s is None:
            return None
        until_s = self._until_s()
        if not self._is_waiting_told:
            until_s = min(until_s, self._ended_at_s + _QUIET_S)
        return max(until_s - self._clock.monotonic_s(), 0.0) if until_s < inf else None

    def _until_s(self) -> float:
        if self._ended_at_s is None:
            return inf
        return self._patience.until_s(self._ended_at_s, has_drafts=bool(self._waiting))

    def _wait_or_leave(self) -> None:
        if self._clock.monotonic_s() >= self._until_s():
            self._leave(1, self._patience.sentence())
        elif not self._is_waiting_told:
            self._is_waiting_told = True
            self._printer.note(waiting_lines(len(self._waiting), self._manners.wait_s))

    def _leave_if_done(self) -> None:
        is_level = self._has_window and self._facts.is_level and self._facts.has_seen_what_it_stored
        is_busy = bool(self._waiting) or any(errand.is_waiting for errand in self._errands)
        if not is_busy and (is_level or self._manners.is_interactive):
            has_failed = bool(self._refused_count) or any(errand.has_failed for errand in self._errands)
            self._leave(1 if has_failed else 0)

    def _leave(self, exit_code: int, reason: str = "") -> None:
        self._exit_code = exit_code
        self._printer.note(reason)
        if self._waiting:
            self._printer.note(kept_lines(len(self._waiting)))
