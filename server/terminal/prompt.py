"""The prompt at the bottom of a terminal: a line with its history and what Tab makes of it.

Heavy to import, and only for terminals.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import History
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle

from server.terminal.completing import Known, completions
from server.terminal.form import is_secretive
from server.terminal.half_line import HalfLine
from server.terminal.history_file import HistoryFile
from server.terminal.lines_out import LinesOut
from server.terminal.printing import printable
from server.terminal.typing_in import Ended, Input, Left, Typed

# So often the line below the prompt is drawn again.
_REFRESH_S: Final = 0.5
# A line is looked at within this, unless the talk has ended.
_TAKEN_S: Final = 1.0
_OF_PATHS: Final = "/file "


class TerminalPrompt:
    """Messages are printed above it, and leave what is being typed as it is."""

    def __init__(
        self,
        put: Callable[[Input], None],
        wants_secret: Callable[[], bool],
        *,
        place: Callable[[], str],
        known: Callable[[], Known],
        wants_answer: Callable[[], bool],
        next_line: Callable[[bool], str],
        history: HistoryFile,
        lines: LinesOut,
        progress: Callable[[], str] = lambda: "",
    ) -> None:
        """`place` is where the next line goes, `known` what Tab may complete; a secret is kept nowhere.

        `wants_answer`: the next line is no message. `next_line` gives what a new line begins with, and is
        told whether the line is empty. `lines` are printed above the prompt; `progress` is shown below it,
        when there is any.
        """
        self._put = put
        self._place = place
        self._progress = progress
        self._lines = lines
        self._wants_answer = wants_answer
        self._next_line = next_line
        self._half = HalfLine()
        # What stood in the line when the person left.
        self.unsent = ""
        self._has_left = False
        self._is_due = False
        self._has_closed = False
        # The typed line vanishes: it is printed as a message once it is one.
        self._session: PromptSession[str] = PromptSession(
            erase_when_done=True,
            is_password=Condition(wants_secret),
            refresh_interval=_REFRESH_S,
            history=_TypedBefore(history, wants_secret),
            enable_history_search=True,
            completer=_Names(known, wants_secret),
            complete_while_typing=False,
            # As in a shell: no room is taken from the messages, and it can be read aloud.
            complete_style=CompleteStyle.READLINE_LIKE,
        )
        self._session.app.before_render += self._before_render
        self._session.default_buffer.on_text_changed += self._changed
        # Printing leaves the terminal raw as well: it would show what is typed meanwhile, secrets too.
        self._session.app.input.cooked_mode = contextlib.nullcontext  # type: ignore[method-assign]

        lines.wake = self._wake

    def run(self) -> None:
        """Ask for lines until `close`; on the main thread, where a terminal's signals arrive."""
        # Raw between two lines, too: the terminal itself would show what is typed there.
        with patch_stdout(), self._session.app.input.raw_mode():
            while not self._has_closed:
                # By this thread or in the prompt's loop, never beside either: a prompt may just be drawn.
                self._lines.flush()
                self._is_due = False
                self._give(self._ask())
            self._lines.flush()

    def leave(self) -> None:
        """As with Ctrl-C; in a handler of signals, on the main thread."""
        self._has_left = True
        # The terminal may be gone: then there is no more than this.
        self._note_unsent()
        loop = self._session.app.loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._exit, KeyboardInterrupt())

    def close(self) -> None:
        """End `run`, from another thread."""
        self._has_closed = True
        loop = self._session.app.loop
        if loop is not None:
            # One that has just ended needs no more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._exit, EOFError())

    def _give(self, given: Input) -> None:
        """A line is looked at before the next one is asked for: what is pasted behind may be a secret."""
        if isinstance(given, Typed):
            taken = threading.Event()
            self._put(Typed(given.lines, taken.set, given.cleared))
            taken.wait(_TAKEN_S)
        else:
            self._put(given)

    def _before_render(self, _app: object) -> None:
        if not self._session.app.is_done and not self._wants_answer():
            buffer = self._session.default_buffer
            begun = self._next_line(not buffer.text)
            if begun:
                buffer.insert_text(begun)
        # An empty line below would be drawn as a bar at the bottom of the screen.
        self._session.bottom_toolbar = printable(self._progress()) or None

    def _wake(self) -> None:
        """A line waits to be printed; from any thread."""
        loop = self._session.app.loop
        if loop is None or self._is_due:
            return
        self._is_due = True
        # A loop that has just ended leaves it to `run`.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._print_above)

    def _print_above(self) -> None:
        self._is_due = False
        run_in_terminal(self._lines.flush)

    def _begin(self) -> None:
        self._half.begin()
        # These may have come before there was anything to interrupt, and lines before there was a loop.
        if self._has_closed:
            self._session.app.exit(exception=EOFError())
        elif self._has_left:
            self._session.app.exit(exception=KeyboardInterrupt())
        else:
            self._print_above()

    def _exit(self, reason: BaseException) -> None:
        if self._session.app.is_running and not self._session.app.is_done:
            self._session.app.exit(exception=reason)

    def _changed(self, buffer: Buffer) -> None:
        self._half.changed(buffer.text)

    def _note_unsent(self) -> None:
        if not self._wants_answer():
            self.unsent = self._session.default_buffer.text or self._half.cleared or self.unsent

    def _text(self) -> str:
        return f"[{printable(self._place())}] > "

    def _ask(self) -> Input:
        try:
            # Nothing but Enter is an answer too, where something was asked.
            lines = self._session.prompt(self._text, pre_run=self._begin).splitlines() or [""]
            return Typed(lines, cleared="" if self._wants_answer() else self._half.cleared)
        except EOFError:
            self._note_unsent()
            return Ended()
        except KeyboardInterrupt:
            self._note_unsent()
            return Left()


class _TypedBefore(History):
    """What the arrows bring back."""

    def __init__(self, file: HistoryFile, wants_secret: Callable[[], bool]) -> None:
        super().__init__()
        self._file: Final = file
        self._wants_secret: Final = wants_secret

    def load_history_strings(self) -> Iterable[str]:
        """The newest first."""
        return reversed(self._file.lines())

    def append_string(self, string: str) -> None:
        """Not in memory either: whoever presses an arrow must not read a password."""
        *before, _last = string.splitlines() or [""]
        if not self._wants_secret() and not any(map(is_secretive, before)):
            super().append_string(string)

    def store_string(self, string: str) -> None:
        """Onto the disk."""
        self._file.add(string)


class _Names(Completer):
    """What Tab makes of a line."""

    def __init__(self, known: Callable[[], Known], wants_secret: Callable[[], bool]) -> None:
        self._known: Final = known
        self._wants_secret: Final = wants_secret
        self._paths: Final = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """By what stands before the cursor."""
        line = document.text_before_cursor
        if self._wants_secret():
            return []
        if line.startswith(_OF_PATHS):
            path = line.removeprefix(_OF_PATHS)
            return self._paths.get_completions(Document(path, len(path)), complete_event)
        found = completions(line, self._known())
        # Names are other people's.
        return [Completion(text, -found.length, display=printable(text)) for text in found.texts]
