"""The limit of open files is raised; where it stays too low, somebody says so with the numbers."""

import subprocess
import sys

PROGRAM = """
import logging, resource, sys
logging.basicConfig(format="%(message)s")
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from server.open_files import raise_file_limit
raise_file_limit(users_max=int(sys.argv[3]))
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def raised(soft: int, hard: int, users_max: int) -> tuple[int, str]:
    """The limit afterwards, and what was said; in a process of its own, which cannot take it back."""
    arguments = [sys.executable, "-c", PROGRAM, *map(str, (soft, hard, users_max))]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return int(done.stdout), done.stderr


def test_it_is_raised_to_what_the_system_allows() -> None:
    assert raised(200, 1_000, users_max=100) == (1_000, "")


def test_where_that_is_too_little_it_is_said_with_both_numbers() -> None:
    limit, said = raised(200, 1_000, users_max=10_000)
    assert limit == 1_000
    assert "open 1000 files" in said
    assert "about 900 of them" in said
    assert "may need 20100 files" in said
