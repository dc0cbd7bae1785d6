"""Make the table of `server/protocol/characters.py`: `python -m tests.protocol.unicode_runs` prints it.

Needs a Python that knows Unicode 14.0.0.
"""

import sys
import unicodedata
from itertools import groupby
from typing import Final

VERSION: Final = "14.0.0"
# Kept free for pictures to come (UTS #51, Extended_Pictographic): those are symbols already.
_TO_COME: Final = frozenset({*range(0x1F000, 0x1FB00), *range(0x1FC00, 0x1FFFE)})
_LINE_CHARACTERS: Final = 100
_KINDS: Final = {"Mn": "M", "Mc": "M", "Nd": "L", "Nl": "N", "No": "N", "Me": "N"}


def kind_in_python(code_point: int) -> str:
    """The kind of a character, as the tables of this interpreter say it."""
    category = unicodedata.category(chr(code_point))
    if code_point == ord(" "):
        return " "
    if category == "Cn" and code_point in _TO_COME:
        return "S"
    return _KINDS.get(category, category[0] if category[0] in "LPS" else "-")


def _lines() -> list[str]:
    runs = [f"{kind}{sum(1 for _ in run):x}" for kind, run in groupby(map(kind_in_python, range(0x110000)))]
    lines = [""]
    for run in runs:
        if len(lines[-1]) + len(run) > _LINE_CHARACTERS:
            lines.append("")
        lines[-1] += run
    return lines


if __name__ == "__main__":
    assert unicodedata.unidata_version == VERSION
    sys.stdout.writelines(f'    "{line}"\n' for line in _lines())
