"""Commands as people start them: a process, its lines as they come, its end."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
from types import TracebackType
from typing import IO, Self

from click.testing import CliRunner

from server.__main__ import main
from tests.source_tree import PROJECT
from tests.waiting import DEADLINE_S, wait_until


class Program:
    """`python -m server …`; as a context it is ended with the block."""

    def __init__(self, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.lines: list[str] = []
        self.error_lines: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, self.lines)),
            threading.Thread(target=self._read, args=(self._process.stderr, self.error_lines)),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def wait_line(self, part: str) -> str:
        """The first line on standard output with this in it."""
        wait_until(
            lambda: self._find(part) or self._process.poll() is not None,
            what=f"{part!r} in {self.lines} {self.error_lines}",
        )
        found = self._find(part)
        assert found, f"it ended without {part!r}: {self.lines} {self.error_lines}"
        return found

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def interrupt(self) -> int:
        """Ctrl-C; gives the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self.wait()

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Until it ends; gives the exit code."""
        code = self._process.wait(DEADLINE_S)
        for reader in self._readers:
            reader.join(DEADLINE_S)
        return code

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def errors(self) -> str:
        """Everything on standard error."""
        return "".join(self.error_lines)

    @property
    def text(self) -> str:
        """Everything on standard output."""
        return "".join(self.lines)

    def _find(self, part: str) -> str:
        return next((line for line in list(self.lines) if part in line), "")

    @staticmethod
    def _read(stream: IO[str] | None, lines: list[str]) -> None:
        assert stream is not None
        with stream:
            for line in stream:
                lines.append(line)  # noqa: PERF402 - they are looked at while they come


@dataclasses.dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended: its exit code and what it said."""

    code: int
    text: str
    errors: str

    @property
    def lines(self) -> list[str]:
        """The lines on standard output."""
        return self.text.splitlines()


def run(*arguments: object) -> Finished:
    """A command that ends by itself, as a process."""
    program = Program(*arguments)
    try:
        return Finished(program.wait(), program.text, program.errors)
    finally:
        program.kill()


def run_here(*arguments: object) -> Finished:
    """A command that only asks or reads, in this process: much quicker to start."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Finished(result.exit_code, result.stdout, result.stderr)


def fails(code: int, sentence: str, *arguments: object) -> None:
    """A process must end with this code and one error that has this sentence in it."""
    told(run(*arguments), code, sentence)


def fails_here(code: int, sentence: str, *arguments: object) -> None:
    """As `fails`, in this process."""
    told(run_here(*arguments), code, sentence)


def told(finished: Finished, code: int, sentence: str) -> None:
    """The exit code, one sentence, and no traceback."""
    assert finished.code == code, finished
    assert sentence in " ".join(finished.errors.split()), finished.errors
    assert "Traceback" not in finished.errors, finished.errors
