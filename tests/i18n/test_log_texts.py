"""What a server logs as a warning or worse stands on the terminal too, in that person's language."""

import ast
import logging

import pytest

from server.commands.serving import SpokenFormatter
from server.i18n.marking import marked
from server.i18n.translation import use_language
from tests.source_tree import parsed, python_files, shown

_SEEN = {"warning", "error", "critical"}


def test_every_log_line_that_people_see_is_marked_for_translation() -> None:
    """A defect is logged with its traceback, for a report, in English; so is what the last words say."""
    wrong = []
    for path in python_files("server"):
        for node in ast.walk(parsed(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            is_log = isinstance(node.func.value, ast.Name) and node.func.value.id == "_log"
            if (
                not is_log
                or node.func.attr not in _SEEN
                or {key.arg for key in node.keywords}
                & {
                    "exc_info",
                    "extra",
                }
            ):
                continue
            text = node.args[0]
            if isinstance(text, ast.JoinedStr) or (isinstance(text, ast.Constant) and text.value != "%s"):
                wrong.append(f"{shown(path)}:{node.lineno}: {ast.unparse(text)}")
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def italian() -> object:
    """The language of this process for one test."""
    use_language("it")
    yield
    use_language("en")


@pytest.mark.usefixtures("italian")
def test_a_log_line_on_the_terminal_is_in_the_language_of_whoever_reads_it() -> None:
    text = marked("A server that was replaced is back, and hands over what it alone holds.")
    record = logging.makeLogRecord({"levelno": logging.WARNING, "levelname": "WARNING", "msg": text})
    spoken = SpokenFormatter("%(levelname)s: %(message)s").format(record)
    assert spoken.startswith("Avviso: Un server che era stato sostituito")
