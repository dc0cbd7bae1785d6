"""Many rooms: everybody is in as many rooms, every delivery is counted."""

from collections import Counter

import pytest

from benchmarks.cases import Bench, Effort
from benchmarks.many_rooms import AMOUNTS, ONE_ROOM, Amount, measure


@pytest.mark.parametrize("amount", AMOUNTS.values(), ids=[effort.value for effort in AMOUNTS])
def test_every_room_has_as_many_people_and_nobody_is_in_one_twice(amount: Amount) -> None:
    rooms = [amount.rooms_of(person) for person in range(amount.people)]
    assert {len(set(mine)) for mine in rooms} == {amount.each_in}
    sizes = Counter(number for mine in rooms for number in mine)
    assert set(sizes.values()) == {amount.room_size}
    assert len(sizes) == amount.rooms


def test_all_deliveries_come_and_are_timed() -> None:
    rows = list(measure(Bench(Effort.TINY)))
    assert [row.unit for row in rows][1:3] == ["ms p50 delivery", "ms p99 delivery"]
    assert 0 < rows[1].value <= rows[2].value
    assert set(rows[1].ratios) == {ONE_ROOM}
