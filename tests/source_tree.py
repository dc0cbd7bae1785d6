"""The source tree as tests read it: files, rooms, docstrings and imports, without running any of it.

A *room* is what lies directly in one of the two packages: `server.protocol`, `desktop_chat.app`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PACKAGES = ("server", "desktop_chat")
PYTHON_FOLDERS = (*PACKAGES, "tests", "benchmarks", "package")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, by its full name; `is_for_types` when it does not exist at run time."""

    module: str
    line: int
    is_for_types: bool


def python_files(*folders: str) -> list[Path]:
    """All Python files of these folders, or of the whole project."""
    chosen = folders or PYTHON_FOLDERS
    return sorted(path for folder in chosen for path in (PROJECT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    """A path as people write it."""
    return path.relative_to(PROJECT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def first_line(path: Path) -> str:
    """The first line of a file's docstring, or nothing."""
    return (ast.get_docstring(parsed(path)) or "").partition("\n")[0]


def room_of(module: str) -> str:
    """`server.protocol.frames` lies in the room `server.protocol`."""
    return ".".join(module.split(".")[:2])


def module_of(path: Path) -> str:
    """The module name of a file: `server/protocol/__init__.py` is `server.protocol`."""
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rooms() -> dict[str, str]:
    """Every room with the first line of its docstring, the packages' own files left out."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((PROJECT / package).iterdir()):
            heart = path / "__init__.py" if path.is_dir() else path
            if heart.suffix == ".py" and heart.is_file() and path.stem != "__init__":
                found[f"{package}.{path.stem}"] = first_line(heart)
    return found


def imports_of(path: Path) -> Iterator[Import]:
    """Everything that a file imports, inside functions too."""
    tree = parsed(path)
    for_types = {id(node) for block in _type_checking_blocks(tree) for node in ast.walk(block)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in for_types)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                # `from server import protocol` names a room; `from server.protocol …` names one too.
                full = f"{module}.{alias.name}" if module in PACKAGES else module
                yield Import(full, node.lineno, id(node) in for_types)


def _type_checking_blocks(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from node.body
