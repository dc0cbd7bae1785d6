"""Classic names: given once, of letters and digits, never changed, the same wherever a log is folded."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.archive.record import Draft
from server.protocol import limits
from server.protocol.names import clean_person_name
from server.state.bodies import DeleteRoomBody, GroupBody, RenameBody, UnregisterBody
from server.state.classic_names import ClassicNames
from server.state.fold import fold
from server.state.state import GENERAL, NAMED_KINDS, OPERATOR, State, restore
from server.state.users import proof_of
from tests.state.acts import HASH, founder, operator, person
from tests.state.any_steps import ANY_STEP
from tests.state.archive_of import Archive, act, device, epoch, merged, room
from tests.state.test_state import archive_of

IDENTITY = re.compile(r"[A-Za-z][A-Za-z0-9]{2,15}")
ROOM = re.compile(r"[A-Za-z][A-Za-z0-9]{2,31}")


def people() -> ClassicNames:
    return ClassicNames("person", 16)


def given_to(names: ClassicNames, *wanted: str) -> list[str]:
    """What each gets, one after the other."""
    found = []
    for name in wanted:
        found.append(names.new(name))
        names.put(found[-1], name)
    return found


@pytest.mark.parametrize(
    ("name", "classic"),
    [
        ("Anna", "Anna"),
        ("Zoë Müller", "ZoeMuller"),
        ("anna.maria-7", "annamaria7"),
        ("3rd floor", "rdfloor"),
        ("Al", "Al1"),
        ("X", "X01"),
        ("小明", "person"),
        ("1984", "person"),
        ("Bartholomew Longfellow", "BartholomewLongf"),
        ("ＡＬＩＣＥ", "ALICE"),
    ],
)
def test_a_classic_name_is_what_may_stand_of_a_name(name: str, classic: str) -> None:
    assert people().new(name) == classic


def test_of_the_same_name_each_next_one_has_a_number() -> None:
    names = people()
    assert given_to(names, "Anna", "anna", "ANNA", "Anna2", "An-na") == [
        *("Anna", "anna2", "ANNA3", "Anna22", "Anna4"),
    ]
    assert given_to(names, "Al", "Al", "Al1") == ["Al1", "Al2", "Al12"]
    assert given_to(names, "Bartholomew Longfellow", "Bartholomew Longfeather") == [
        *("BartholomewLongf", "BartholomewLong2"),
    ]
    assert names.find("aNNa2") == "anna"
    assert names.find("Anna5") is None


def test_a_name_that_is_free_again_is_given_again() -> None:
    names = people()
    given_to(names, "Anna", "Anna", "Anna")
    names.free("anna2")
    assert given_to(names, "Anna", "Anna") == ["Anna2", "Anna4"]


@given(st.lists(st.text(max_size=40), max_size=30))
def test_any_names_get_classic_ones_that_are_allowed_and_given_once(wanted: list[str]) -> None:
    for names, allowed in ((people(), IDENTITY), (ClassicNames("room", 32), ROOM)):
        found = given_to(names, *wanted)
        assert all(allowed.fullmatch(name) for name in found), found
        assert len({name.casefold() for name in found}) == len(wanted)


def test_many_of_one_name_do_not_try_all_numbers_each_time() -> None:
    names, tried = people(), 0

    class Counting(dict[str, str]):
        def __contains__(self, key: object) -> bool:
            nonlocal tried
            tried += 1
            return super().__contains__(key)

    vars(names)["_ids"] = Counting()
    given_to(names, *["小明"] * 2_000)
    assert tried < 3 * 2_000


@pytest.fixture
def archive() -> Archive:
    """Anna (d), who administers the chat, and Ben (e); a room, and a group, which has none."""
    return Archive(
        *(epoch(), founder("d", "Anna"), person("e", "Ben"), operator()),
        *(room(1, "tea-time", room_id="t"), act("group", 2, GroupBody("c", "Choir", ()))),
    )


def test_r4_12_people_and_rooms_have_one_from_the_beginning_and_keep_it(archive: Archive) -> None:
    state = archive.state
    assert (state.users["user-d"].classic_name, state.rooms["t"].classic_name) == ("Anna", "teatime")
    assert state.rooms[GENERAL].classic_name == "MainHall"
    assert (state.rooms["c"].classic_name, state.users[OPERATOR].classic_name) == ("", "")
    assert archive.verdict(act("rename", 3, RenameBody("t", "coffee"))) == "accepted"
    assert archive.verdict(room(4, "tea.time", room_id="u")) == "accepted"
    assert archive.verdict(room(5, "mainhall", room_id="m")) == "accepted"
    for one in (state, restore(state.snapshot())):
        assert (one.rooms["t"].name, one.rooms["t"].classic_name) == ("coffee", "teatime")
        assert one.rooms["u"].classic_name == "teatime2"
        assert one.rooms["m"].classic_name == "mainhall2"
        assert (one.classic_rooms.find("TeaTime"), one.classic_rooms.find("mainhall")) == ("t", GENERAL)
        assert one.classic_people.find("anna") == "user-d"


def test_that_of_a_deleted_room_is_free_and_that_of_a_person_who_left_is_not(archive: Archive) -> None:
    archive.add(act("delete_room", 3, DeleteRoomBody("t")))
    archive.add(act("unregister", 1, UnregisterBody(proof_of(HASH)), name="e"))
    again = Archive()
    again.records, again.state = list(archive.records), restore(archive.state.snapshot())
    for one in (archive, again):
        assert one.state.classic_rooms.find("teatime") is None
        assert one.state.classic_people.find("ben") == "user-e"
        assert one.verdict(room(4, "teatime", room_id="u")) == "accepted"
        assert one.verdict(person("f", "B-en")) == "accepted"
        assert one.state.rooms["u"].classic_name == "teatime"
        assert one.state.users["user-f"].classic_name == "Ben2"
    assert archive.state.digest() == again.state.digest()


def test_who_gets_another_name_by_a_merge_gets_another_classic_one() -> None:
    archive = Archive(epoch(), device("d", "Anna"), room(1, "garden", room_id="g"))
    archive.add(merged(device("e", "Anna"), "user-e"))
    archive.add(merged(room(1, "garden", room_id="h", name="e"), "user-e"))
    state = archive.state
    assert (state.users["user-e"].name, state.users["user-e"].classic_name) == ("Anna-2", "Anna2")
    assert (state.rooms["h"].name, state.rooms["h"].classic_name) == ("garden-2", "garden2")


def check(state: State) -> None:
    """All have one, allowed, and given once; the tables say the same as the people and rooms."""
    users = [user for user in state.users.values() if user.id != OPERATOR]
    rooms = [one for one in state.rooms.values() if one.kind in NAMED_KINDS and not one.is_deleted]
    for user in users:
        assert IDENTITY.fullmatch(user.classic_name)
        assert state.classic_people.find(user.classic_name) == user.id
    for one in rooms:
        assert ROOM.fullmatch(one.classic_name)
        assert state.classic_rooms.find(one.classic_name) == one.id


@given(st.lists(ANY_STEP, max_size=60))
def test_whatever_happens_they_are_given_once_and_never_change(steps: list[Draft]) -> None:
    folded, seen = State(), dict[str, str]()
    for record in archive_of(steps).records:
        fold(folded, record)
        now = {user.id: user.classic_name for user in folded.users.values()}
        now |= {one.id: one.classic_name for one in folded.rooms.values()}
        assert {one: now[one] for one in seen} == seen
        seen = now
        # Whoever begins with a snapshot goes on alike.
        folded = restore(folded.snapshot()) if record.index % 3 == 0 else folded
    check(folded)
    assert folded.digest() == archive_of(steps).state.digest()


@given(st.lists(st.text(max_size=limits.NAME_CHARACTERS_MAX), max_size=12))
def test_any_names_of_people_are_sane_also_after_a_merge(wanted: list[str]) -> None:
    archive = Archive(epoch())
    for place, name in enumerate(filter(None, map(clean_person_name, wanted))):
        draft = device(f"d{place}", name)
        archive.add(merged(draft, f"user-d{place}") if place % 2 else draft)
    check(archive.state)
