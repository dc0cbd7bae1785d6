"""The table: a line a case, a column a peer, figures that one can read."""

import pytest

from benchmarks.table import figure, table
from tests.benchmarks.rows import ROWS


def test_a_case_is_a_line_with_the_ratios_of_its_first_row() -> None:
    assert table(ROWS).splitlines() == [
        "| case | ours | × other | × third | also |",
        "|---|---:|---:|---:|---|",
        "| fan-out, W=1 | 300 deliveries/s | 1.5 | 0.25 | 2 ms p50, 0.123 µs processor |",
        "| start | 1,234 ms | - | 0.5 |  |",
    ]


def test_cases_of_one_row_need_no_column_for_more() -> None:
    assert table(ROWS[3:]).splitlines()[0] == "| case | ours | × third |"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.000123456, "0.000123"),
        (0.5, "0.5"),
        (12.345, "12.3"),
        (99.99, "100"),
        (1_234_567, "1,234,567"),
    ],
)
def test_a_figure_has_three_digits_and_no_exponent(value: float, text: str) -> None:
    assert figure(value) == text
