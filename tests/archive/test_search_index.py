"""The search index in its file: what is found where, cut, changed, erased, made again."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.archive import search_index
from server.archive.search_index import Change, IndexedMessage, Reach, SearchIndex
from server.archive.search_query import parse_terms
from server.archive.search_reader import Candidates, SearchReader

ALL = 2**53
ROOMS = ("general", "garden")
WORDS = ("apple", "apricot", "bread", "butter", "cheese", "ápple")


@pytest.fixture(autouse=True)
def small_shelves(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few messages fill several."""
    monkeypatch.setattr(search_index, "SHELF_RECORDS", 8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "search.sqlite"


def filled(path: Path, texts: list[tuple[str, str]]) -> SearchIndex:
    """An index with messages at the places 1 to …, each (room, text), written shelf by shelf."""
    index = SearchIndex(path, "c")
    for place, (room, text) in enumerate(texts, 1):
        index.add([IndexedMessage(place, room, text)], reach(place), reach(place))
    return index


def reach(place: int) -> Reach:
    return Reach(place, bytes([place % 256]) * 32, place)


def rewrite(
    index: SearchIndex, end: Reach, messages: Iterable[Sequence[IndexedMessage]], log_end: int
) -> None:
    index.rewrite(end, messages, reach(log_end), lambda: reach(log_end))


def find(
    path: Path, line: str, *, rooms: tuple[str, ...] = ROOMS, before: int = ALL, limit: int = 50
) -> list[int]:
    return SearchReader(path).find(parse_terms(line), rooms, before, limit, lambda: False).indices


def files_have(path: Path, word: str) -> bool:
    return any(word.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_messages_are_found_by_their_words_the_newest_first(path: Path) -> None:
    filled(path, [("general", f"bread {n}") for n in range(20)])
    assert find(path, "bread") == list(range(20, 0, -1))
    assert find(path, "bread 3") == [4]
    assert find(path, "bread", before=10, limit=4) == [9, 8, 7, 6]
    assert find(path, "butter") == []


def test_only_the_rooms_that_are_asked_for_are_searched(path: Path) -> None:
    filled(path, [("garden" if n % 3 else "general", "bread") for n in range(20)])
    assert find(path, "bread", rooms=("general",)) == [19, 16, 13, 10, 7, 4, 1]
    assert find(path, "bread", rooms=()) == []
    many = tuple(f"{n:016x}" for n in range(1_000))
    assert find(path, "bread", rooms=many) == [], "not by looking at what others wrote"
    assert find(path, "general") == []
    assert find(path, "bread", rooms=("general", *(f"room {n}" for n in range(100)))) == [
        19,
        16,
        13,
        10,
        7,
        4,
        1,
    ]


def test_a_search_ends_early_and_says_how_far_it_looked(path: Path) -> None:
    filled(path, [("general", "bread" if n < 10 else "butter") for n in range(20)])
    reader, terms = SearchReader(path), parse_terms("bread")
    assert reader.find(terms, ROOMS, ALL, 50, lambda: True) == Candidates([], 17)
    assert reader.find(terms, ROOMS, 17, 50, lambda: True) == Candidates([10, 9], 9)
    assert reader.find(terms, ROOMS, 9, 50, lambda: False) == Candidates(list(range(8, 0, -1)), 1)


def test_it_goes_on_where_it_was_closed(path: Path) -> None:
    filled(path, [("general", "bread")] * 12).close()
    again = SearchIndex(path, "c")
    again.check()
    assert again.reach == reach(12)
    assert [found.index for found in again.reaches()] == [12, 8]
    assert len(find(path, "bread")) == 12


def test_a_file_of_another_version_is_made_anew(path: Path) -> None:
    filled(path, [("general", "bread")] * 12).close()
    with closing(sqlite3.connect(path)) as older:
        older.executescript(
            "UPDATE facts SET value = '2' WHERE name = 'version'; ALTER TABLE shelves DROP COLUMN looked_hash"
        )
    again = SearchIndex(path, "c")
    assert again.reach == again.seen == Reach()
    again.add([IndexedMessage(1, "general", "butter")], reach(1), reach(1))
    assert (find(path, "bread"), find(path, "butter")) == ([], [1])


def test_another_cluster_begins_with_nothing(path: Path) -> None:
    filled(path, [("general", "bread")] * 12).close()
    assert SearchIndex(path, "d").reach == Reach()
    assert find(path, "bread") == []


def test_a_cut_drops_all_shelves_behind(path: Path) -> None:
    index = filled(path, [("general", "bread")] * 20)
    index.keep(reach(8))
    assert index.reach == reach(8)
    assert find(path, "bread") == list(range(8, 0, -1))
    index.keep(Reach())
    assert find(path, "bread") == []


def test_a_changed_message_is_found_by_what_it_says_now(path: Path) -> None:
    index = filled(path, [("general", "bread"), ("general", "butter")])
    index.add([], reach(3), reach(3), [Change(3, 1, "general", "cheese")])
    assert find(path, "cheese") == [1]
    stale = index.stale_shelf()
    assert stale is not None
    now = [IndexedMessage(1, "general", "cheese"), IndexedMessage(2, "general", "butter")]
    rewrite(index, stale.end, [now], 3)
    assert find(path, "bread") == []
    assert (find(path, "cheese"), find(path, "butter")) == ([1], [2])
    assert index.stale_shelf() is None


def test_an_erased_text_is_in_no_file_when_its_shelf_is_new(path: Path) -> None:
    texts = [("general", f"filling{n} " * 30) for n in range(7)]
    index = filled(path, [*texts, ("general", "unspeakable"), *texts])
    assert files_have(path, "speakable")
    index.add([], reach(16), reach(16), [Change(16, 8, "general", None)])
    stale = index.stale_shelf()
    assert stale is not None
    assert (stale.start, stale.end) == (Reach(), reach(8))
    rewrite(index, stale.end, [[IndexedMessage(n + 1, *texts[n]) for n in range(7)]], 16)
    assert not files_have(path, "speakable")
    assert find(path, "filling3") == [12, 4]


def test_a_reader_only_delays_that_an_erased_text_leaves_the_files(path: Path) -> None:
    index = filled(path, [("general", "unspeakable"), ("general", "bread")])
    with SearchReader(path)._moment() as reader:
        reader.execute("SELECT count(*) FROM shelves").fetchone()
        rewrite(index, reach(2), [[IndexedMessage(2, "general", "bread")]], 2)
        index.truncate_log()
        was_wanted = index.wants_truncation
    index.truncate_log()
    assert (was_wanted, index.wants_truncation) == (True, False)
    assert not files_have(path, "speakable")


def test_a_cut_undoes_the_changes_from_behind_it(path: Path) -> None:
    index = filled(path, [("general", "bread")] * 9)
    index.add([], reach(10), reach(10), [Change(10, 1, "general", None)])
    rewrite(index, reach(8), [[IndexedMessage(n, "general", "bread") for n in range(2, 9)]], 10)
    index.keep(reach(8))
    stale = index.stale_shelf()
    assert stale is not None
    assert stale.end == reach(8)


def test_changes_that_the_messages_had_when_they_came_make_nothing_stale(path: Path) -> None:
    index = SearchIndex(path, "c")
    index.add([IndexedMessage(1, "general", "cheese")], reach(2), reach(9))
    index.add([], reach(8), reach(9), [Change(8, 1, "general", "cheese")])
    assert index.stale_shelf() is None
    index.add([], reach(10), reach(10), [Change(10, 1, "general", "bread")])
    assert index.stale_shelf() is not None
    assert find(path, "bread") == [1]


def test_what_was_read_of_messages_behind_a_cut_is_read_again(path: Path) -> None:
    index = SearchIndex(path, "c")
    index.add([IndexedMessage(1, "general", "cheese")], reach(8), reach(20))
    index.keep(reach(8))
    stale = index.stale_shelf()
    assert stale is not None
    rewrite(index, stale.end, [[IndexedMessage(1, "general", "bread")]], 8)
    index.add([], reach(9), reach(9), [Change(9, 1, "general", None)])
    assert index.stale_shelf() is not None


def test_a_shelf_is_stale_when_a_cut_took_away_what_a_later_look_at_it_saw(path: Path) -> None:
    index = SearchIndex(path, "c")
    index.add([IndexedMessage(1, "general", "cheese")], reach(1), reach(1))
    index.add([IndexedMessage(2, "general", "bread")], reach(2), reach(5))
    assert index.seen.index == 5
    index.keep(reach(2))
    assert index.stale_shelf() is not None
    assert index.seen.index == 2


def test_a_failed_rewrite_leaves_the_shelf_as_it_was(path: Path) -> None:
    index = filled(path, [("general", "bread")] * 3)

    def broken() -> "list[list[IndexedMessage]]":
        raise OSError("the archive cannot be read")

    with pytest.raises(OSError, match="cannot be read"):
        rewrite(index, reach(3), (piece for piece in broken()), 3)
    assert find(path, "bread") == [3, 2, 1]


def test_a_file_that_is_none_is_refused(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        SearchIndex(path, "c")


@settings(max_examples=40)
@given(
    messages=st.lists(
        st.tuples(st.sampled_from(ROOMS), st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)),
        max_size=30,
    ),
    line=st.lists(
        st.one_of(
            st.sampled_from(WORDS),
            st.sampled_from(["ap*", "b*", "bre*", "che*"]),
            st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)).map(lambda two: f'"{two[0]} {two[1]}"'),
        ),
        min_size=1,
        max_size=3,
    ),
    rooms=st.sets(st.sampled_from(ROOMS), min_size=1),
    page=st.tuples(st.integers(1, 40), st.integers(1, 10)),
)
def test_it_finds_what_a_look_at_every_message_finds(
    tmp_path_factory: pytest.TempPathFactory,
    messages: list[tuple[str, list[str]]],
    line: list[str],
    rooms: set[str],
    page: tuple[int, int],
) -> None:
    before, limit = page
    path = tmp_path_factory.mktemp("index") / "search.sqlite"
    filled(path, [(room, " ".join(words)) for room, words in messages]).close()
    naive = [
        place
        for place, (room, words) in enumerate(messages, 1)
        if place < before and room in rooms and all(holds(words, part) for part in line)
    ]
    found = find(path, " ".join(line), rooms=tuple(rooms), before=before, limit=limit)
    assert found == naive[::-1][:limit]


def holds(words: list[str], part: str) -> bool:
    """The slow and simple way."""
    plain = [word.replace("á", "a") for word in words]
    part = part.replace("á", "a")
    if part.startswith('"'):
        return part.strip('"').split() in [plain[n : n + 2] for n in range(len(plain))]
    if part.endswith("*") and len(part) > 2:
        return any(word.startswith(part[:-1]) for word in plain)
    return part.rstrip("*") in plain
