"""The small C programs of the benchmarks: compiled once a run, into a folder that goes with it."""

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.rival import MissingRivalError

FLAGS = ("-O3", "-Wall", "-Wextra", "-Werror")


@functools.cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    # It is removed when the interpreter ends.
    return tempfile.TemporaryDirectory()


@functools.cache
def compiled(source: Path) -> Path:
    """The program. Raises `MissingRivalError` without a C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise MissingRivalError(f"{source.name} is left out: it needs a C compiler (apt install gcc)")
    program = Path(_folder().name) / source.stem
    subprocess.run([compiler, *FLAGS, "-o", program, source], check=True)
    return program
