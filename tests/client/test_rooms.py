"""The rooms that a client knows, as events change them."""

from server.client.rooms import KnownRooms
from server.protocol.events import PersonLeft
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
