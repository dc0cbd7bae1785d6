"""The words of `--faults`."""

import pytest

from server.torture.faults import FaultKind, not_tried, parse_kinds


def test_kinds_are_named_in_any_order_and_each_counts_once() -> None:
    assert parse_kinds("oneway, kill,kill") == (FaultKind.KILL, FaultKind.ONEWAY)


def test_all_is_every_kind() -> None:
    assert parse_kinds("all") == tuple(FaultKind)


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(ValueError, match="flood"):
        parse_kinds("kill,flood")


def test_what_every_machine_can_do_must_have_run() -> None:
    ran = [FaultKind.KILL, FaultKind.ONEWAY]
    assert not_tried(FaultKind, ran) == [FaultKind.PAUSE, FaultKind.PARTITION]
    assert not_tried([FaultKind.KILL, FaultKind.SLOW_DISK], ran) == []
