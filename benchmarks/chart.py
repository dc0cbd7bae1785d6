"""The chart: for each case, how many times better than each peer, as an SVG that is readable in text.

A line a case, a dot a peer, a logarithmic scale; right of the line at 1 ours is ahead, whatever the unit.
"""

import math
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from benchmarks.cases import Row
from benchmarks.table import figure, peers_of

WIDTH, LEFT, RIGHT, LINE, TOP = 1000, 370, 24, 22, 78
# Told apart also by most people who see colours differently (Okabe and Ito; Tol), on white and on black.
COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
    *("#8c6d1f", "#7f7f7f", "#7048c8", "#b02040", "#4fa030", "#30a0a0"),
)
GREY = "#808080"
LEGEND_PER_LINE = 4


def chart(rows: Sequence[Row]) -> str:
    """The SVG document: the main row of each case, if it has ratios."""
    main: dict[str, Row] = {}
    for row in rows:
        main.setdefault(row.case, row)
    shown = [row for row in main.values() if row.ratios]
    peers = peers_of(shown)
    gains = [row.gain(peer) for row in shown for peer in row.ratios]
    low, high = _decades(gains)
    top = TOP + LINE * math.ceil(len(peers) / LEGEND_PER_LINE)
    height = top + LINE * len(shown) + 16
    colours = {peer: COLOURS[place % len(COLOURS)] for place, peer in enumerate(peers)}

    def across(gain: float) -> float:
        share = (math.log10(gain) - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' font-family="sans-serif" font-size="13" fill="{GREY}">'
    )
    parts = [
        opening,
        _text(LEFT, 24, "How many times better than others, both measured in one run", size=17),
        *_legend(colours),
        *_scale(low, high, top, height, across),
    ]
    for number, row in enumerate(shown):
        middle = top + LINE * number + LINE / 2
        parts.append(_text(LEFT - 12, middle + 4, row.case, anchor="end"))
        for peer in row.ratios:
            told = escape(f"{row.case}: {figure(row.gain(peer))} times better than {peer}")
            parts.append(
                f'<circle cx="{across(row.gain(peer)):.1f}" cy="{middle:.1f}" r="5"'
                f' fill="{colours[peer]}"><title>{told}</title></circle>'
            )
    return "\n".join([*parts, "</svg>", ""])


def _decades(gains: Sequence[float]) -> tuple[int, int]:
    """Whole powers of ten around all gains, and around 1."""
    low = min(math.floor(math.log10(min(gains, default=1.0))), -1)
    return low, max(math.ceil(math.log10(max(gains, default=1.0))), 1)


def _scale(low: int, high: int, top: int, height: int, across: Callable[[float], float]) -> list[str]:
    """A line at each 1 and 3 of each decade; the one at 1 is strong."""
    parts = []
    for gain in [step * 10.0**power for power in range(low, high + 1) for step in (1, 3)]:
        if gain > 10.0**high:
            continue
        place, is_one = across(gain), gain == 1
        parts.append(
            f'<line x1="{place:.1f}" x2="{place:.1f}" y1="{top - 4}" y2="{height - 12}"'
            f' stroke="{GREY}" stroke-width="{2 if is_one else 0.5}"/>'
        )
        parts.append(_text(place, top - 10, f"{figure(gain)}×", anchor="middle"))
    return parts


def _legend(colours: dict[str, str]) -> list[str]:
    parts = []
    for number, (peer, colour) in enumerate(colours.items()):
        across = 24 + (number % LEGEND_PER_LINE) * (WIDTH - 24) / LEGEND_PER_LINE
        down = 50 + number // LEGEND_PER_LINE * LINE
        parts.append(f'<circle cx="{across:.0f}" cy="{down - 4}" r="5" fill="{colour}"/>')
        parts.append(_text(across + 12, down, peer))
    return parts


def _text(across: float, down: float, text: str, *, anchor: str = "start", size: int = 13) -> str:
    return (
        f'<text x="{across:.1f}" y="{down:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(text)}</text>"
    )
