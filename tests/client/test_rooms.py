"""The rooms that a client knows, as events change them."""

from server.client.rooms import KnownRooms
from server.protocol.events import PersonLeft, RoomDeleted
from server.protocol.facts import RoomFacts


def test_who_leaves_the_chat_is_one_member_less_and_marked_in_the_private_chat() -> None:
    known = KnownRooms()
    known.user = "u"
    known.listed(
        [
            RoomFacts("general", "general", 3, is_member=True, kind="general"),
            RoomFacts("p1", "bob", 2, is_member=True, kind="private", user="b"),
            RoomFacts("p2", "cara", 2, is_member=True, kind="private", user="c"),
        ]
    )
    known.person_left(PersonLeft(index=1, by=("d", 1), user="b", name="bob"))
    told = [(facts.name, facts.members, facts.has_left, facts.is_member) for facts in known]
    assert told == [("general", 2, False, True), ("bob", 2, True, True), ("cara", 2, False, True)]


def test_a_deleted_room_is_not_known_unless_a_merge_takes_that_back() -> None:
    known = KnownRooms()
    known.listed([RoomFacts("general", "general", 3, is_member=True, kind="general")])
    garden = RoomFacts("g", "garden", 2, is_member=True, topic="weeds")
    known.listed([*known, garden])
    deleted = RoomDeleted(index=8, by=("d", 1), room="g", user="b", name="bob", room_name="garden")
    known.deleted(deleted)
    assert [facts.room for facts in known] == ["general"]
    assert not known.diverged(8)
    assert known.diverged(7)
    assert [facts for facts in known if facts.room == "g"] == [garden]
    known.deleted(deleted)
    # What the server lists is what there is.
    known.listed([facts for facts in known if facts.room != "g"])
    assert not known.diverged(7)
    assert "g" not in known
