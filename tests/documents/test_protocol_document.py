"""docs/protocol.md says what the code does, and its example talks to a real server."""

import ast
import re
import subprocess
import sys
import typing
from pathlib import Path

from server.protocol import events, requests
from tests.commands.programs import Program, run_here
from tests.documents.made_tables import BLOCK, with_tables
from tests.documents.protocol_tables import ANSWERS, DOCUMENT, PARTS, all_tables, tag_of

TEXT = DOCUMENT.read_text(encoding="utf-8")
KINDS = (*typing.get_args(requests.AnyRequest), *typing.get_args(events.AnyEvent))


def test_every_table_is_as_the_code_says() -> None:
    expected = with_tables(TEXT, all_tables())
    assert expected == TEXT, "run: python -m tests.documents.protocol_tables"


def test_every_table_is_in_the_document_once() -> None:
    assert sorted(block[0] for block in BLOCK.findall(TEXT)) == sorted(all_tables())


def test_every_request_event_and_part_has_its_heading_once() -> None:
    headings = re.findall(r"^### `(\w+)`$", TEXT, re.MULTILINE)
    assert headings == [*map(tag_of, KINDS), *(part.__name__ for part in PARTS)]


def test_the_answers_in_the_table_are_events() -> None:
    tags = {tag_of(kind) for kind in typing.get_args(events.AnyEvent)}
    for answer in ANSWERS.values():
        assert set(re.findall(r"`(\w+)`", answer)) <= tags


def example() -> str:
    (found,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


def test_the_example_has_ten_lines_at_most() -> None:
    assert len([line for line in example().splitlines() if line]) <= 10


def run_example(port: int) -> dict[str, object]:
    source = example().replace("7000", str(port))
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60
    )
    answer: dict[str, object] = ast.literal_eval(done.stdout.splitlines()[-1])
    return answer


def test_the_example_talks_to_a_real_server_and_twice_is_no_harm(tmp_path: Path) -> None:
    with Program("serve", "--open", "--data", tmp_path, "--plain", "--listen", "127.0.0.1:0") as server:
        port = int(server.wait_line("ready: ").split()[2].rstrip(",").rpartition(":")[2])
        first, second = run_example(port), run_example(port)
        assert server.interrupt() == 0
    assert (first["event"], first["answer"], first["counter"], first["number"]) == ("stored", 3, 1, 1)
    assert second == first
    messages = [line for line in run_here("dump", tmp_path).lines if "  message  " in line]
    assert len(messages) == 1
    assert messages[0].endswith("Robot             #general  Hello!")
