"""The registry: every case has its place in the docs, and a name that one can type."""

import re

from benchmarks.registry import CASES
from benchmarks.report import REPORT


def test_every_case_has_a_place_for_its_figures() -> None:
    page = REPORT.read_text(encoding="utf-8")
    begun = re.findall(r"^<!-- figures: (.+) -->$", page, re.MULTILINE)
    ended = re.findall(r"^<!-- end of figures: (.+) -->$", page, re.MULTILINE)
    assert begun == ended
    assert sorted(begun) == sorted(case.name for case in CASES)


def test_names_are_different_and_of_small_letters() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z-]+", name) for name in names)
