"""House rules that a machine can watch: names, lengths, docstrings, sleeps, and the README's map."""

import ast
import re
from pathlib import Path

from tests.source_tree import PACKAGES, PROJECT, first_line, parsed, python_files, rooms, shown

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
FIRST_LINE_CHARACTERS_MAX = 110
# Names that say nothing about what is inside.
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
# Spelt in two parts so that this file passes its own test.
UNFINISHED = re.compile(
    r"\b(" + "|".join(a + b for a, b in [("TO", "DO"), ("FIX", "ME"), ("XX", "X")]) + r")\b"
)
TEXT_SUFFIXES = {".py", ".md", ".sh", ".toml", ".spec", ".txt", ".c", ""}
WAYS_AROUND = {"skip", "skipif", "xfail", "importorskip"}
MAP_ROW = re.compile(r"^\| `[a-z_]+/[^`]+` \| .+ \|$", re.MULTILINE)


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_every_file_says_in_its_first_line_what_lives_there() -> None:
    wrong = [
        f"{shown(path)}: {line!r}"
        for path in python_files()
        if not (line := first_line(path)).endswith((".", ":")) or len(line) > FIRST_LINE_CHARACTERS_MAX
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_files_are_short() -> None:
    wrong = [
        f"{shown(path)}: {lines} lines"
        for path in python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MAX
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_functions_are_short() -> None:
    wrong = [
        f"{shown(path)}:{function.lineno}: {function.name} has {lines} lines"
        for path in python_files()
        for function in functions(path)
        if (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_name_is_empty() -> None:
    wrong = []
    for path in python_files():
        parts = path.relative_to(PROJECT).with_suffix("").parts
        wrong += [shown(path) for part in parts if set(part.split("_")) & EMPTY_NAMES]
        for node in ast.walk(parsed(path)):
            words = re.findall("[A-Z][a-z]+", node.name) if isinstance(node, ast.ClassDef) else []
            if {word.lower() for word in words} & EMPTY_NAMES:
                wrong.append(f"{shown(path)}: class {words}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_nothing_is_left_unfinished() -> None:
    folders = [*PACKAGES, "tests", "benchmarks", "package", "setup", "docs"]
    paths = [path for folder in folders for path in (PROJECT / folder).rglob("*")]
    paths += list(PROJECT.iterdir())
    wrong = [
        shown(path)
        for path in paths
        if path.is_file() and path.suffix in TEXT_SUFFIXES and not path.name.startswith(".")
        if UNFINISHED.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_tests_wait_for_conditions_and_never_sleep() -> None:
    wrong = []
    for path in python_files("tests"):
        for node in ast.walk(parsed(path)):
            call = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if call.rpartition(".")[2] != "sleep" or not isinstance(node, ast.Call):
                continue
            gives_way = call == "asyncio.sleep" and [ast.unparse(part) for part in node.args] == ["0"]
            if not gives_way:
                wrong.append(f"{shown(path)}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    wrong = [
        f"{shown(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in WAYS_AROUND
        if ast.unparse(node.value) in {"pytest", "pytest.mark", "unittest"}
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def map_rows() -> list[str]:
    """The map as it has to stand in the README: a row a room, its docstring's first line beside it."""
    rows = []
    for room, words in rooms().items():
        place = room.replace(".", "/")
        if not place.endswith("__main__"):
            rows.append(f"| `{place}{'/' if (PROJECT / place).is_dir() else '.py'}` | {words} |")
    return rows


def test_the_map_of_the_readme_is_made_of_docstrings() -> None:
    on_the_map = MAP_ROW.findall((PROJECT / "README.md").read_text(encoding="utf-8"))
    assert sorted(on_the_map) == sorted(map_rows()), "the map should read:\n" + "\n".join(map_rows())
