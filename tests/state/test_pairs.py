"""What there is between two people."""

import pytest

from server.state.pairs import PairTable


def test_it_is_found_by_the_pair_and_by_either_one() -> None:
    table = PairTable([(("a", "b"), 1), (("b", "c"), 2)])
    table["a", "d"] = 3
    table["a", "b"] = 4
    assert table.of("a") == [(("a", "b"), 4), (("a", "d"), 3)]
    assert table.of("b") == [(("a", "b"), 4), (("b", "c"), 2)]
    assert table.of("x") == []
    assert (table["a", "b"], table.get(("b", "a")), ("b", "c") in table, len(table)) == (4, None, True, 3)
    assert (list(table), table.values()) == ([("a", "b"), ("b", "c"), ("a", "d")], [4, 2, 3])


def test_what_is_over_is_found_by_nobody() -> None:
    table = PairTable([(("a", "b"), 1), (("b", "c"), 2)])
    assert (table.pop(("a", "b")), table.pop(("a", "b"))) == (1, None)
    assert (table.of("a"), table.of("b")) == ([], [(("b", "c"), 2)])


def test_two_are_equal_when_they_hold_the_same() -> None:
    table = PairTable([(("a", "b"), 1)])
    assert table == PairTable([(("a", "b"), 1)])
    assert table not in (PairTable([(("a", "b"), 2)]), {("a", "b"): 1})
    with pytest.raises(TypeError):
        hash(table)
