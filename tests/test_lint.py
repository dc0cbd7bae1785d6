"""What the tools say: ruff's rules, ruff's format, mypy's types."""

import subprocess
import sys

import pytest

from tests.source_tree import PROJECT

# The types of everything take a while on a machine that has never looked at them.
pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize(
    "arguments",
    [("ruff", "check", "--quiet"), ("ruff", "format", "--check", "--quiet"), ("mypy", "--no-error-summary")],
    ids=["rules", "format", "types"],
)
def test_tools_have_nothing_to_say(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(arguments)} says:\n{done.stdout}{done.stderr}"
