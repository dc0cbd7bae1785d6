"""The package: both programs run from one folder, with no Python and nothing of this project around them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.__main__ import COMMANDS
from tests.source_tree import PROJECT

# Building takes most of a minute on two cores, and longer beside other work.
pytestmark = pytest.mark.timeout(600)
ENDS_WITHIN_S = 240


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built folder."""
    folder = tmp_path_factory.mktemp("package")
    arguments = ["--noconfirm", "--log-level", "ERROR"]
    arguments += ["--distpath", str(folder / "dist"), "--workpath", str(folder / "build")]
    built = subprocess.run(
        [sys.executable, "-m", "PyInstaller", *arguments, "build.spec"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "dist" / "desktop-chat"


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that knows nothing of Python or of this project."""
    return {"HOME": str(tmp_path), "PATH": os.devnull, "LANG": "C.UTF-8"}


def run(program: Path, *arguments: str, environment: dict[str, str], typed: str = "") -> str:
    """Run one of the programs to its end; gives what it printed."""
    done = subprocess.run(
        [program, *arguments],
        cwd=environment["HOME"],
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDS_WITHIN_S,
    )
    assert done.returncode == 0, f"{program.name} {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def running_pair(program: Path, environment: dict[str, str], *options: str) -> Iterator[str]:
    """A pair on free ports; gives its invite link, and ends it as Ctrl-C does."""
    command = [str(program), "pair", "--data", "pair", "--port", "0", "--open", *options]
    process = subprocess.Popen(
        command, cwd=environment["HOME"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        invites = (line.removeprefix("invite: ") for line in process.stdout if line.startswith("invite: "))
        yield next(invites).strip()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=ENDS_WITHIN_S)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_the_frozen_server_knows_every_command(package: Path, bare: dict[str, str]) -> None:
    for command in COMMANDS:
        words = run(package / "desktop-chat-server", command, "--help", environment=bare)
        assert f"desktop-chat-server {command}" in words


def test_the_frozen_server_carries_its_catalogues(package: Path, bare: dict[str, str]) -> None:
    server = package / "desktop-chat-server"
    assert "Mostrar esta ayuda" in run(server, "--help", environment={**bare, "LANG": "es_ES.UTF-8"})
    assert "Mostra questo aiuto" in run(server, "--help", environment={**bare, "LANG": "it_IT.UTF-8"})


def test_the_frozen_server_is_found_by_the_frozen_client(package: Path, bare: dict[str, str]) -> None:
    server = package / "desktop-chat-server"
    with running_pair(server, bare, "--announce") as invite:
        place = invite.partition("//")[2].partition(",")[0]
        found = ""
        for _ in range(10):
            if place in found:
                break
            found = run(server, "find", "--json", environment=bare)
    assert place in found


def test_the_library_that_is_lgpl_can_be_replaced_and_has_its_licence_beside_it(package: Path) -> None:
    (folder,) = package.rglob("zeroconf/__init__.py")
    assert (folder.parent / "asyncio.py").exists()
    (notice,) = package.rglob("zeroconf-*.dist-info/**/COPYING")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in notice.read_text(encoding="utf-8")


def test_people_talk_through_a_frozen_pair(package: Path, bare: dict[str, str]) -> None:
    server = package / "desktop-chat-server"
    with running_pair(server, bare) as invite:
        sign_in = ["chat", "--server", invite, "--data"]
        run(server, *sign_in, "anna", "--name", "Anna", environment=bare, typed="Hello from Anna\n")
        heard = run(server, *sign_in, "ben", "--name", "Ben", "--full-archive", environment=bare)
    assert "Hello from Anna" in heard


def test_the_frozen_window_opens_and_sends_a_message(
    package: Path, bare: dict[str, str], display: str
) -> None:
    told = run(package / "desktop-chat", "--selftest", environment={**bare, "DISPLAY": display})
    assert "one message sent and received" in told


def test_the_frozen_window_speaks_the_language_of_the_machine(
    package: Path, bare: dict[str, str], display: str
) -> None:
    spanish = {**bare, "DISPLAY": display, "LANG": "es_ES.UTF-8"}
    assert "one message sent and received" in run(package / "desktop-chat", "--selftest", environment=spanish)


def test_what_the_person_never_needs_is_not_in_the_folder(package: Path) -> None:
    names = {path.name for path in package.rglob("*")}
    assert not names & {"pytest", "hypothesis", "mypy", "setuptools", "tzdata", "demos"}
