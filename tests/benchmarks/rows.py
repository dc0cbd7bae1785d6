"""Rows that the tests of table, chart and command share."""

from benchmarks.cases import Row

ROWS = [
    Row("fan-out, W=1", 300.0, "deliveries/s", {"other": 1.5, "third": 0.25}),
    Row("fan-out, W=1", 2.0, "ms p50", {"other": 0.5}),
    Row("fan-out, W=1", 0.1234, "µs processor"),
    Row("start", 1_234.5, "ms", {"third": 0.5}),
]
