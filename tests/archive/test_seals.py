"""Seals: many rows at once are sealed as one by one, and a changed row shows."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.archive.seals import Key, seal, sealed_rows, unseal, unsealed_rows

KEYS: st.SearchStrategy[Key] = st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=40)


@given(pairs=st.lists(st.tuples(KEYS, st.binary(max_size=80))))
def test_many_rows_are_sealed_as_one_by_one(pairs: list[tuple[Key, bytes]]) -> None:
    rows = sealed_rows("records", pairs)
    assert rows == [(key, seal("records", key, value)) for key, value in pairs]
    assert [unseal("records", key, sealed) for key, sealed in rows] == [value for _, value in pairs]
    assert list(unsealed_rows("records", rows)) == pairs


@given(key=KEYS, value=st.binary(min_size=1, max_size=80), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_changed_bit_another_key_and_another_table_show(
    key: Key, value: bytes, place: int, bit: int
) -> None:
    sealed = bytearray(seal("records", key, value))
    assert unseal("ids", key, bytes(sealed)) is None
    assert unseal("records", b"another key", bytes(sealed)) is None or key == b"another key"
    assert list(unsealed_rows("ids", [(key, bytes(sealed))])) == [(key, None)]
    sealed[place % len(sealed)] ^= 1 << bit
    assert unseal("records", key, bytes(sealed)) is None
    assert list(unsealed_rows("records", [(key, bytes(sealed))])) == [(key, None)]


@given(key=KEYS, sealed=st.binary(max_size=12) | st.text() | st.none() | st.floats())
def test_both_ways_to_open_a_seal_agree_on_nonsense(key: Key, sealed: Any) -> None:
    assert list(unsealed_rows("records", [(key, sealed)])) == [(key, unseal("records", key, sealed))]
