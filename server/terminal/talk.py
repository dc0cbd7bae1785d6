"""The loop of a terminal client: what is typed goes to disk and then out, what comes is printed.

One thread runs it and owns the outbox file; whatever reads the input, and the network, put what
they have into its queue.
"""

import queue
from collections import deque
from collections.abc import Callable
from typing import Final

from server.client.notices import (
    AnyNotice,
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
from server.protocol.errors import Refusal
from server.terminal.completing import Known
from server.terminal.drafts import Drafts
from server.terminal.ending import Ending
from server.terminal.errands import Errands, Manners
from server.terminal.exporting import Export
from server.terminal.facts import ConnectionFacts
from server.terminal.form import Ahead
from server.terminal.half_line import is_command
from server.terminal.help_texts import HELP
from server.terminal.outbox_file import OutboxFile
from server.terminal.past import Past
from server.terminal.printing import Printer
from server.terminal.sentences import (
    certificate_question,
    changed_certificate,
    kept_files,
    kept_lines,
    nowhere,
    other_chat,
    password_hint,
    undone_commands,
    unknown_certificate,
    unplaced_lines,
)
from server.terminal.telling import Telling
from server.terminal.typing_in import Ended, Input, Left, Typed
from server.terminal.typists import Typists
from server.terminal.unanswered import Unanswered, unanswered_text
from server.terminal.words import is_text
from server.terminal.writing import Writing

# This device is taken no more. At `id_reuse` it never was: what it signed up with first came too late, behind
# somebody else with the same name or invite, and a device signs up once.
_NEEDS_NEW_DEVICE: Final = frozenset({"device_revoked", "device_expired", "id_reuse"})


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
        self._unanswered = Unanswered()
        self._writing = Writing(outbox, clock, self._tell_refusal)
        self._errands = Errands(outbox, printer, clock, manners, self._writing, show_progress=show_progress)
        talks = self._errands.conversations
        self._typists = Typists(clock, lambda room: room == talks.room, talks.rooms.label_of)
        self._past = Past(self._errands.show, is_full_archive=manners.is_full_archive)
        # Lines that were typed, and wait until it is known where they belong.
        self._typed: deque[str] = deque()
        self._ahead = Ahead()
        self._ending = Ending(clock, manners.wait_s)
        # The certificate that the person is being asked about.
        self._asked: CertificateUnknown | None = None
        self._exit_code: int | None = None
        self._commands: dict[str, Callable[[str], None]] = {
            **self._errands.commands,
            "/help": self._help,
            "/status": self._status,
            "/quit": self._quit,
        }

    @property
    def wants_secret(self) -> bool:
        """Whether the next line is a secret, not to be shown while it is typed. Any thread."""
        return self._errands.account.form.wants_secret or self._ahead.is_any

    @property
    def wants_answer(self) -> bool:
        """Whether the next line answers a question, and is no message. Any thread."""
        return self._asked is not None or self._errands.account.form.is_asking or self._ahead.is_any

    @property
    def drafts(self) -> Drafts:
        """What was begun and not sent."""
        return self._errands.drafts

    @property
    def place(self) -> str:
        """Where the next line goes, in a word for people. Any thread."""
        conversations = self._errands.conversations
        facts, rooms = conversations.facts, conversations.rooms
        # A group may be called like anything else.
        is_group = facts is not None and facts.kind == "group"
        return (rooms.label_of if is_group else rooms.name_of)(conversations.room) or "?"

    @property
    def typing(self) -> str:
        """Who types just now, or nothing. Any thread."""
        return self._typists.text()

    @property
    def known(self) -> Known:
        """What has a name. Any thread."""
        rooms = self._errands.conversations.rooms
        return Known(
            commands=sorted(self._commands),
            rooms=[facts.name for facts in rooms.own()],
            others=[facts.name for facts in rooms.others()],
            people=self._errands.people.names(),
        )

    def put(self, given: Input | Export | list[AnyNotice]) -> None:
        """Something was typed or is wanted, or the network has news. Any thread."""
        if isinstance(given, Typed):
            self._ahead.typed(given.lines)
        self._queue.put(given)

    def backlog(self) -> int:
        """How much waits to be dealt with. Any thread."""
        return self._queue.qsize()

    def run(self, links: ClientLinks) -> int:
        """Until the input has ended and everything is stored, or until it is of no use. The exit code."""
        self._links = links
        self._writing.connect(links)
        self._past.connect(links)
        self._errands.connect(links)
        links.connect()
        while self._exit_code is None:
            try:
                self._take(self._queue.get(timeout=self._ending.pause_s(self._waiting_count)))
            except queue.Empty:
                self._wait_or_leave()
            except KeyboardInterrupt:
                self._take(Left())
        self._errands.exporting.close()
        return self._exit_code

    def _take(self, given: Input | Export | list[AnyNotice]) -> None:
        match given:
            case Typed():
                self.drafts.typed(given.lines[-1], given.cleared)
                self._typed.extend(given.lines)
                self._go_on()
                self.drafts.look()
                given.taken()
            case Ended():
                self._ending.begin()
            case Export():
                self._errands.exporting.begin(given)
            case Left():
                self._leave(1 if self._writing or self._typed else 0)
            case _:
                self._hear(given)
        self.drafts.look()
        if self._ending.has_begun and self._exit_code is None:
            self._leave_if_done()

    # What is typed.

    def _go_on(self) -> None:
        """Deal with what was typed, as far as it is known where it belongs."""
        texts: list[str] = []
        while self._typed:
            if texts and is_command(self._typed[0]):
                # What was typed before a command is sent before it.
                self._send(texts)
                texts = []
            if self._is_held(self._typed[0]):
                break
            line = self._typed.popleft()
            if self._asked is not None:
                self._answer(self._asked, line)
            elif self._errands.account.form.is_asking:
                self._errands.account.form.answer(line)
            elif is_command(line):
                with self._unanswered.asked_by(line, self._last_ticket):
                    self._obey(line)
            elif line.strip():
                texts.append(line.removeprefix("/") if line.startswith("//") else line)
            self._ahead.dealt(line)
        self._send(texts)

    def _is_held(self, line: str) -> bool:
        """Whether a line has to wait: what goes before it decides where it goes, and who hears it."""
        if self._asked is not None or self._errands.account.form.is_asking:
            return False
        word = line.split(" ", 1)[0]
        if self._errands.is_deciding or self._errands.is_to_come(word):
            return True
        if self._manners.is_interactive:
            return False
        if word in self._errands.of_shown:
            return not self._has_all_before_its_eyes
        if word == "/export" and self._errands.exporting.is_waiting:
            return True
        if word not in self._errands.of_places:
            return False
        # A friendship that was just made brings a private chat, a moment later.
        is_seen = self._facts.has_seen_what_it_stored
        return not (self._errands.conversations.is_known and is_seen)

    @property
    def _has_all_before_its_eyes(self) -> bool:
        """Whether all that was there, and all that was typed so far, is printed and has its number."""
        is_level = self._past.has_begun and self._facts.is_level and self._facts.has_seen_what_it_stored
        return is_level and not self._writing

    def _obey(self, line: str) -> None:
        word, _space, argument = line.strip().partition(" ")
        if word not in self._errands.of_paths and not is_text(argument):
            self._writing.refuse(Refusal("bad_utf8"))
        elif word not in self._errands.of_places:
            self._commands.get(word, self._unknown_command)(argument.strip())
        elif not self._errands.conversations.is_known:
            self._printer.note(_("Not connected yet: that can be done once a server has us."))
        else:
            self._commands[word](argument.strip())

    def _send(self, texts: list[str]) -> None:
        room = self._errands.conversations.room
        if texts and not room:
            self._printer.note(nowhere())
            self._writing.refused_count += len(texts)
        elif texts:
            self._writing.lines(room, texts)

    def _help(self, _argument: str) -> None:
        for text in HELP:
            self._printer.note(_(text))

    def _status(self, _argument: str) -> None:
        self._printer.note("\n".join(self._facts.lines(len(self._writing))))

    def _quit(self, _argument: str) -> None:
        self._ending.begin()

    def _unknown_command(self, _argument: str) -> None:
        self._printer.note(_("There is no such command; /help shows them."))

    # What the network brings.

    def _hear(self, notices: list[AnyNotice]) -> None:
        settled: list[int] = []
        refused = 0
        for notice in notices:
            self._printer.notice(notice)
            if not self._errands.is_untold(notice):
                self._facts.note(notice)
            self._ending.hear(notice)
            self._typists.hear(notice)
            command = self._unanswered.answered(notice)
            with self._unanswered.asked_by(command, self._last_ticket):
                self._errands.hear(notice)
            if self._errands.is_out:
                # Whatever the servers say behind it is no news.
                break
            self._past.hear(notice)
            if isinstance(notice, QuestionFailed) and notice.code == "unknown":
                self._printer.note(unanswered_text(command))
            else:
                self._tell(notice)
            if isinstance(notice, Stored | Refused):
                settled.append(notice.counter)
                refused += isinstance(notice, Refused)
            else:
                self._act_on(notice)
        if self._facts.server and not self._errands.is_deciding:
            self._past.want(self._errands.conversations.room)
        if self._past.has_begun and self._facts.is_level:
            self._errands.files.messages_are_there()
        if settled:
            self._writing.settle(settled, refused)
        if self._errands.account.has_left:
            self._leave(0, _("You have left this chat."))
        elif self._errands.signing_out.has_signed_out:
            self._outbox.renew_device()
            self._leave(self._good_end, self._errands.signing_out.done())
        else:
            self._errands.signing_out.go_on()
            self._go_on()

    def _last_ticket(self) -> int:
        return self._links.last_ticket

    def _tell(self, notice: AnyNotice) -> None:
        self._printer.note(self._telling.sentence(notice))

    def _tell_refusal(self, refusal: Refusal) -> None:
        self._tell(Refused(counter=0, code=refusal.code, arguments=refusal.arguments))

    def _act_on(self, notice: AnyNotice) -> None:
        match notice:
            case Connected():
                self._outbox.keep("cluster", notice.cluster)
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
                if notice.code in _NEEDS_NEW_DEVICE:
                    self._outbox.renew_device()
                self._leave(1, password_hint(notice))
            case _:
                pass

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

    @property
    def _waiting_count(self) -> int:
        return len(self._writing) + len(self._typed)

    def _wait_or_leave(self) -> None:
        if self._ending.is_over(self._waiting_count):
            self._leave(1, self._ending.reason())
        else:
            self._printer.note(self._ending.sentence(self._waiting_count))

    def _leave_if_done(self) -> None:
        is_level = self._past.has_begun and self._facts.is_level and self._facts.has_seen_what_it_stored
        is_busy = bool(self._writing or self._typed) or self._errands.is_waiting
        if not is_busy and (is_level or self._manners.is_interactive):
            self._leave(self._good_end)

    @property
    def _good_end(self) -> int:
        """The exit code when nothing waits any more."""
        return 1 if self._writing.refused_count or self._errands.has_failed else 0

    def _leave(self, exit_code: int, reason: str = "") -> None:
        self._exit_code = exit_code
        self._printer.note(reason)
        self._errands.signing_out.leave()
        if self._writing:
            self._printer.note(kept_lines(len(self._writing)))
        if self._errands.files.sending and not self._errands.is_out:
            self._printer.note(kept_files(self._errands.files.sending))
        commands = [line for line in self._typed if is_command(line)]
        if commands:
            self._printer.note(undone_commands(commands))
        if len(self._typed) > len(commands):
            self._printer.note(unplaced_lines(len(self._typed) - len(commands)))
