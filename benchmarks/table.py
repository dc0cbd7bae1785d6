"""The rows as one Markdown table: a line a case, a column a peer."""

from collections.abc import Iterable, Sequence

from benchmarks.cases import Row


def table(rows: Sequence[Row]) -> str:
    """`| case | ours | × peer … | also |`; the ratios are those of a case's first row."""
    lines: dict[str, list[Row]] = {}
    for row in rows:
        lines.setdefault(row.case, []).append(row)
    peers = peers_of(some[0] for some in lines.values())
    heads = ["case", "ours", *(f"× {peer}" for peer in peers)]
    aligned = ["---", "---:", *("---:" for _ in peers)]
    has_more = any(len(some) > 1 for some in lines.values())
    if has_more:
        heads.append("also")
        aligned.append("---")
    texts = [_line(heads), f"|{'|'.join(aligned)}|"]
    for case, (first, *others) in lines.items():
        cells = [case, shown(first)]
        cells += [figure(first.ratios[peer]) if peer in first.ratios else "-" for peer in peers]
        if has_more:
            cells.append(", ".join(map(shown, others)))
        texts.append(_line(cells))
    return "\n".join(texts)


def peers_of(rows: Iterable[Row]) -> list[str]:
    """Every peer that a row has, in the order in which they come up."""
    return list(dict.fromkeys(peer for row in rows for peer in row.ratios))


def shown(row: Row) -> str:
    """A figure with its unit."""
    return f"{figure(row.value)} {row.unit}"


def figure(value: float) -> str:
    """Three digits that mean something, and no exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{float(f'{value:.3g}'):.10f}".rstrip("0").rstrip(".")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
