"""Commands as people start them: a process, its lines as they come, its end."""

import os
import signal
import subprocess
import sys
import threading
from types import TracebackType
from typing import IO, Self

from tests.source_tree import PROJECT
from tests.waiting import wait_until

DEADLINE_S = 30.0


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
            DEADLINE_S,
            what=f"{part!r} in {self.lines} {self.error_lines}",
        )
        found = self._find(part)
        assert found, f"it ended without {part!r}: {self.lines} {self.error_lines}"
        return found

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


def run(*arguments: object) -> Program:
    """A command that ends by itself; gives it after its end, `code` in `wait()`."""
    program = Program(*arguments)
    try:
        program.wait()
    finally:
        program.kill()
    return program


def fails(code: int, sentence: str, *arguments: object) -> None:
    """A command must end with this code and one error that has this sentence in it."""
    program = run(*arguments)
    assert program.wait() == code, program.text + program.errors
    assert sentence in " ".join(program.errors.split()), program.errors
    assert "Traceback" not in program.errors, program.errors
