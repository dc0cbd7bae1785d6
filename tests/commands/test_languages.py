"""The programs in the language of the environment: help, mistakes, and what stays as it is for programs."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from server.commands.pair import make_pair_folders
from tests.source_tree import PROJECT


def said(language: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LANG", "LC_"))}
    return subprocess.run(
        [sys.executable, "-m", "server", *map(str, arguments)],
        cwd=PROJECT,
        env=environment | {"LANG": language, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        ((), ("Uso: ", "un chat en dos servidores", "Ejecutar un servidor hasta Ctrl-C.", "Órdenes:")),
        (("chat",), ("Hablar desde una terminal", "Tu nombre en el chat.", "[obligatorio]", "Ejemplos:")),
        (("serve",), ("La carpeta de datos.", "python -m server serve --name a", "Opciones:")),
    ],
)
def test_help_is_spanish_for_who_wants_spanish(command: tuple[str, ...], parts: tuple[str, ...]) -> None:
    done = said("es_ES.UTF-8", *command, "--help")
    assert done.returncode == 0
    assert not [part for part in parts if part not in done.stdout], done.stdout


def test_the_terminal_client_says_in_italian_that_nobody_answers(tmp_path: Path) -> None:
    anna = ("--name", "anna", "--data", tmp_path)
    done = said("it_IT.UTF-8", "chat", "--server", "127.0.0.1:1", "--plain", *anna, "--wait", "0.2")
    assert done.returncode == 1
    assert "Nessuna connessione con un server (lì non ascolta nessun server)" in done.stderr
    assert "Nessun server ha risposto entro 0.2 s." in done.stderr


def test_mistakes_on_the_command_line_are_italian_too(tmp_path: Path) -> None:
    done = said("it_IT.UTF-8", "chat", "--server", "x:y", "--name", "anna", "--data", tmp_path)
    assert done.returncode == 2
    assert "Errore: Valore non valido per --server: La porta in «x:y» non è un numero" in done.stderr


def test_a_folder_without_a_server_is_told_in_spanish(tmp_path: Path) -> None:
    done = said("es", "status", "--data", tmp_path / "none")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: No hay ningún servidor en ")


def test_json_is_the_same_in_every_language() -> None:
    english, spanish = (said(language, "status", "127.0.0.1:1", "--json") for language in ("C", "es"))
    assert (english.returncode, english.stdout) == (spanish.returncode, spanish.stdout)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en_US.UTF-8", "The server in {path} is retired: another one has taken its place."),
        ("es_ES.UTF-8", "El servidor en {path} está retirado: otro ha ocupado su lugar."),
        ("it_IT.UTF-8", "Il server in {path} è ritirato: un altro ha preso il suo posto."),
    ],
)
def test_a_retired_server_is_told_in_each_language(tmp_path: Path, language: str, sentence: str) -> None:
    first, _ = make_pair_folders(tmp_path, chat="Lab", is_plain=True)
    first.update(lambda kept: msgspec.structs.replace(kept, is_retired=True))
    addresses = ("--listen", "127.0.0.1:0", "--peer-listen", "127.0.0.1:0")
    done = said(language, "init", "--data", first.path, *addresses, "--replace")
    assert done.returncode == 1
    assert sentence.format(path=first.path) in done.stderr
