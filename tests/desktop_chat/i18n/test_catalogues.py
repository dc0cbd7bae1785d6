"""Every text that people see has a Spanish and an Italian translation, with the same places to fill."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import desktop_chat
from desktop_chat.i18n.catalogue_file import read_catalogue
from desktop_chat.i18n.translation import CATALOGUE_FOLDER, _, ngettext, number_text, use_language

PACKAGE = Path(desktop_chat.__file__).parent


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    yield
    use_language("en")


def texts_in_the_source() -> set[str]:
    """The arguments of all calls of `_` and `ngettext`, the latter joined by NUL as in a catalogue."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                count = {"_": 1, "ngettext": 2}.get(node.func.id, 0)
                literals = [ast.literal_eval(argument) for argument in node.args[:count]]
                if literals:
                    found.add("\0".join(literals))
    # The functions themselves pass their arguments on.
    return found


def places(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["es", "it"])
def test_every_text_is_translated(language: str) -> None:
    catalogue = read_catalogue((CATALOGUE_FOLDER / f"{language}.po").read_text(encoding="utf-8"))
    catalogue.pop("")
    absent = {text for text in texts_in_the_source() if not catalogue.get(text)}
    assert not absent
    assert set(catalogue) <= texts_in_the_source(), "translations of texts that are gone"


@pytest.mark.parametrize("language", ["es", "it"])
def test_translations_fill_the_same_places(language: str) -> None:
    catalogue = read_catalogue((CATALOGUE_FOLDER / f"{language}.po").read_text(encoding="utf-8"))
    catalogue.pop("")
    for source, target in catalogue.items():
        for part in target.split("\0"):
            assert places(part) == places(source.split("\0")[-1]), source


def test_the_language_can_be_changed_while_it_runs() -> None:
    use_language("es")
    assert _("Send") == "Enviar"
    assert ngettext("{count} member", "{count} members", 2) == "{count} miembros"
    assert number_text(1204) == "1.204"
    use_language("it")
    assert _("Send") == "Invia"
    assert ngettext("{count} member", "{count} members", 1) == "{count} membro"
    use_language("en")
    assert _("Send") == "Send"


def test_a_language_that_nobody_knows_becomes_the_one_of_the_system() -> None:
    assert use_language("tlh") in {"en", "es", "it"}
