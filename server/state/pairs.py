"""What there is between two people, found by both of them together and by either of them."""

from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T")
Pair = tuple[str, str]


class PairTable(Generic[T]):
    """By pairs of ids, in the order they came. Looked up from any thread, changed by the fold alone."""

    def __init__(self, pairs: Iterable[tuple[Pair, T]] = ()) -> None:
        self._by_pair: Final[dict[Pair, T]] = {}
        # A person has few of the many: whoever asks for those must not look through all.
        self._by_person: Final[dict[str, dict[Pair, None]]] = {}
        for pair, value in pairs:
            self[pair] = value

    def __setitem__(self, pair: Pair, value: T) -> None:
        self._by_pair[pair] = value
        for person in pair:
            self._by_person.setdefault(person, {})[pair] = None

    def __getitem__(self, pair: Pair) -> T:
        return self._by_pair[pair]

    def __contains__(self, pair: Pair) -> bool:
        return pair in self._by_pair

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._by_pair)

    def __len__(self) -> int:
        return len(self._by_pair)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PairTable) and self._by_pair == other._by_pair

    def __hash__(self) -> int:
        raise TypeError("it changes")

    def get(self, pair: Pair) -> T | None:
        """What there is between two people, or None."""
        return self._by_pair.get(pair)

    def pop(self, pair: Pair) -> T | None:
        """There is nothing any more; what there was."""
        found = self._by_pair.pop(pair, None)
        for person in pair:
            pairs = self._by_person.get(person, {})
            pairs.pop(pair, None)
            if not pairs:
                self._by_person.pop(person, None)
        return found

    def items(self) -> list[tuple[Pair, T]]:
        """All of it."""
        return list(self._by_pair.items())

    def values(self) -> list[T]:
        """All that there is, without whom it is between."""
        return list(self._by_pair.values())

    def of(self, person: str) -> list[tuple[Pair, T]]:
        """What one person has, in the order it came."""
        pairs = list(self._by_person.get(person, {}))
        return [(pair, value) for pair in pairs if (value := self._by_pair.get(pair)) is not None]
