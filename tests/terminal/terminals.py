"""Terminal clients on threads of their own, before scripted servers."""

import random
import threading
from pathlib import Path

from server.client.conversation import Conversation
from server.client.reading import START_OF_ARCHIVE
from server.client.settings import ConversationSettings
from server.network.client_links import ClientLinks
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.terminal.errands import Manners
from server.terminal.outbox_file import OutboxFile
from server.terminal.talk import Talk
from server.terminal.typing_in import Ended, Left, Typed
from tests.client.scripted_doors import ScriptedDoors
from tests.network.ends import Identity
from tests.terminal.paper import Paper
from tests.waiting import wait_until

_CRASHED = 70


class Terminal:
    """A terminal client on a thread, and what it printed."""

    def __init__(
        self,
        thread: LoopThread,
        addresses: list[str],
        outbox: OutboxFile,
        manners: Manners,
        trust: Trust | None,
        *,
        settings: ConversationSettings,
    ) -> None:
        self.paper = Paper()
        self.outbox = outbox
        clock = SystemClock()
        self.talk = Talk(outbox, self.paper.printer, clock, manners)
        conversation = Conversation(
            outbox.identity("anna"),
            addresses,
            cursor=START_OF_ARCHIVE if manners.is_full_archive else None,
            settings=settings,
            rng=random.Random(1),
            drafts=outbox.drafts(),
            cluster=outbox.fact("cluster"),
        )
        self._links = ClientLinks(thread, conversation, self.talk.put, clock=clock, trust=trust)
        self._exit_codes: list[int] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def type(self, *lines: str) -> None:
        self.talk.put(Typed(list(lines)))

    @property
    def has_ended(self) -> bool:
        return bool(self._exit_codes)

    def exit_code(self) -> int:
        wait_until(lambda: self._exit_codes, what="the end of the terminal client")
        self._thread.join()
        return self._exit_codes[0]

    def end(self) -> int:
        self.talk.put(Ended())
        return self.exit_code()

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.paper.text(), what=f"{text!r} in {self.paper.text()!r}")

    def _run(self) -> None:
        code = _CRASHED
        try:
            code = self.talk.run(self._links)
        finally:
            self._links.stop()
            self._exit_codes.append(code)


class Room:
    """Scripted servers and terminals in front of them."""

    def __init__(self, thread: LoopThread, folder: Path, identity: Identity | None = None) -> None:
        self._thread = thread
        self._folder = folder
        self._identity = identity
        self.doors = ScriptedDoors(thread, identity.terms if identity else None)
        self._outboxes: list[OutboxFile] = []
        self._terminals: list[Terminal] = []

    def terminal(
        self,
        *,
        trust: Trust | None = None,
        is_interactive: bool = False,
        is_full_archive: bool = False,
        wait_s: float = 30.0,
        settings: ConversationSettings | None = None,
    ) -> Terminal:
        for outbox in self._outboxes:
            outbox.close()
        self._outboxes = [OutboxFile(self._folder / "anna.sqlite")]
        manners = Manners(is_interactive=is_interactive, is_full_archive=is_full_archive, wait_s=wait_s)
        addresses, settings = self.doors.addresses, settings or ConversationSettings()
        terminal = Terminal(self._thread, addresses, self._outboxes[0], manners, trust, settings=settings)
        self._terminals.append(terminal)
        return terminal

    def texts(self) -> list[str]:
        return [message.text for message in self.doors.pair.archive]

    def close(self) -> None:
        for terminal in self._terminals:
            terminal.talk.put(Left())
            terminal.exit_code()
        for outbox in self._outboxes:
            outbox.close()
        self.doors.close()
