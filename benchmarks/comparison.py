"""Two runs side by side: which ratios fell. Of figures of different days only they can be compared."""

from collections.abc import Sequence

from benchmarks.cases import Row
from benchmarks.table import figure

# What noise does to a ratio on a busy machine stays mostly below this.
FALLEN_SHARE = 0.15


def fallen(before: Sequence[Row], now: Sequence[Row]) -> list[str]:
    """A sentence for each ratio that is worse by more than `FALLEN_SHARE`, the worst first."""
    earlier = {(row.case, row.unit): row for row in before}
    found: list[tuple[float, str]] = []
    for row in now:
        old = earlier.get((row.case, row.unit), row)
        for peer in row.ratios.keys() & old.ratios.keys():
            share = row.gain(peer) / old.gain(peer)
            if share < 1 - FALLEN_SHARE:
                told = f"{figure(old.ratios[peer])} × {peer} before, {figure(row.ratios[peer])} now"
                found.append((share, f"{row.case}, {row.unit}: {told}"))
    return [text for _share, text in sorted(found)]
