"""Where the figures go: marked parts of docs/performance.md, with their machine, and the chart."""

import datetime
import os
import platform
import re
from pathlib import Path

from benchmarks.cases import Bench

DOCS = Path(__file__).parents[1] / "docs"
REPORT = DOCS / "performance.md"
CHART = DOCS / "pictures" / "benchmarks.svg"


def machine() -> str:
    """The machine in one line: figures without it say nothing."""
    words = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").is_file() else ""
    model = re.search(r"^model name\s*: (.+)$", words, re.MULTILINE)
    processor = model[1].strip() if model else platform.processor() or platform.machine()
    return f"{os.cpu_count()} x {processor}, {platform.system()}, Python {platform.python_version()}"


def circumstances(bench: Bench, load: float) -> str:
    """What one must know to believe the figures; `load` is the machine's before they were taken."""
    today = datetime.datetime.now(datetime.UTC).date()
    text = f"{today}: {machine()}; {bench.effort.value} run; load by other work, before: {load:.1f}."
    return "\n\n".join([text, *(f"Left out: {missing}." for missing in bench.missing)])


def write(name: str, text: str, path: Path = REPORT) -> None:
    """Replace what stands between the two marks of that name. Raises ValueError when they are missing."""
    begin, end = f"<!-- figures: {name} -->", f"<!-- end of figures: {name} -->"
    whole = path.read_text(encoding="utf-8")
    head, found, rest = whole.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{path} has no place for the figures of {name!r}")
    path.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")
