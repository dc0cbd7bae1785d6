"""An X display of our own for tests: Xvfb on a free number, ended with the session."""

import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

STARTED_WITHIN_S = 60.0
SCREEN = "1280x800x24"


@contextmanager
def own_display(screen: str = SCREEN, dpi: int = 96) -> Iterator[str]:
    """Start an Xvfb, give its name (`:7`), and end it. Raises RuntimeError in words when it cannot."""
    program = shutil.which("Xvfb")
    if program is None:
        raise RuntimeError("Xvfb is not installed; `make setup` installs it or prints how")
    read_end, write_end = os.pipe()
    arguments = [program, "-displayfd", str(write_end), "-screen", "0", screen]
    arguments += ["-dpi", str(dpi), "-nolisten", "tcp", "-noreset"]
    process = subprocess.Popen(arguments, pass_fds=[write_end], stderr=subprocess.DEVNULL)
    os.close(write_end)
    try:
        yield f":{_display_number(read_end)}"
    finally:
        os.close(read_end)
        process.terminate()
        process.wait(timeout=60)


def _display_number(read_end: int) -> int:
    """Xvfb writes its number and a line end when it is ready to be used."""
    written = b""
    while not written.endswith(b"\n"):
        if not select.select([read_end], [], [], STARTED_WITHIN_S)[0]:
            raise RuntimeError(f"Xvfb was not ready within {STARTED_WITHIN_S:g} s")
        part = os.read(read_end, 16)
        if not part:
            raise RuntimeError("Xvfb ended before it was ready")
        written += part
    return int(written)
