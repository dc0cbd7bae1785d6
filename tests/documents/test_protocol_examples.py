"""Every request and event in docs/protocol.md has an example, which a real server just gave."""

import ast
import re
import typing

import msgspec
import pytest

from server.protocol import events, requests
from server.protocol.errors import ERRORS
from server.protocol.request import Request
from tests.documents.made_tables import blocks, with_tables
from tests.documents.other_errors import OTHER_ERRORS
from tests.documents.protocol_examples import all_examples
from tests.documents.protocol_tables import DOCUMENT
from tests.source_tree import PROJECT

TEXT = DOCUMENT.read_text(encoding="utf-8")
EXAMPLES = dict(blocks("example").findall(TEXT))
REQUESTS = typing.get_args(requests.AnyRequest)
EVENTS = typing.get_args(events.AnyEvent)
# A line that goes on.
FOLD = re.compile(r"\n {4}")


def lines(example: str) -> list[str]:
    return FOLD.sub(" ", example).splitlines()


def test_every_request_and_event_has_an_example_once() -> None:
    names = [name for name, _ in blocks("example").findall(TEXT)]
    assert names == [kind.__name__ for kind in (*REQUESTS, *EVENTS)] + ["errors"]


def test_every_error_but_a_few_has_an_example_and_those_have_a_test_that_shows_it() -> None:
    assert len(OTHER_ERRORS) <= 2
    told = [line[2:] for line in lines(EXAMPLES["errors"]) if line.startswith("< ")]
    shown = [msgspec.json.decode(line, type=events.Failed | events.Goodbye).code for line in told]
    assert shown == [code for code in ERRORS if code not in OTHER_ERRORS]
    assert list(OTHER_ERRORS) == [code for code in ERRORS if code not in shown]


@pytest.mark.parametrize("code", OTHER_ERRORS)
def test_the_test_that_is_named_for_an_error_is_there(code: str) -> None:
    _, file, name = OTHER_ERRORS[code]
    source = (PROJECT / "tests" / file).read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    (test,) = [function for function in functions if function.name == name]
    assert f'"{code}"' in (ast.get_source_segment(source, test) or "")


def test_the_examples_are_what_a_real_server_just_said() -> None:
    expected = with_tables(TEXT, all_examples(), "example")
    assert expected == TEXT, "run: python -m tests.documents.protocol_examples"


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_the_line_of_an_event_is_one(kind: type[msgspec.Struct]) -> None:
    line = lines(EXAMPLES[kind.__name__])[1]
    assert type(msgspec.json.decode(line.removeprefix("< "), type=events.AnyEvent)) is kind


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_the_line_of_a_request_is_one_and_is_answered(kind: type[Request]) -> None:
    asked, *_, told = [line for line in lines(EXAMPLES[kind.__name__]) if line[1:3] == " {"]
    request = msgspec.json.decode(asked.removeprefix("> "), type=kind)
    event = msgspec.json.decode(told.removeprefix("< "), type=events.AnyEvent)
    assert event.answer == request.id
