"""Whom a terminal client has heard of."""

from server.client.notices import Answered, Arrived, Connected, Happened
from server.protocol.events import FriendList, FriendshipChanged, MemberList, PersonLeft, PersonList
from server.protocol.facts import FriendFacts, MemberFacts
from server.protocol.requests import People
from server.terminal.acquaintances import Acquaintances
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import message

CONNECTED = Connected(server="a", address="a:1", user="me", name="anna", chat="Chat", cluster="c")


def test_names_come_from_all_that_is_told_and_never_the_own_one() -> None:
    people = Acquaintances(asks=False)
    people.hear(CONNECTED)
    mine = MemberFacts("me", "anna", is_online=True)
    people.hear(
        Answered(ticket=1, answer=PersonList(people=[mine, MemberFacts("b", "Bob", False)], is_end=True))
    )
    people.hear(
        Answered(ticket=2, answer=MemberList(room="general", members=[MemberFacts("c", "cleo", True)]))
    )
    people.hear(Answered(ticket=3, answer=FriendList(friends=[FriendFacts("d", "dora", "asks", "", False)])))
    people.hear(Arrived(messages=[message(1, "hello", name="Udo")]))
    event = FriendshipChanged(
        index=1, by=("d", 1), user="e", name="eve", other="me", other_name="anna", act="ask"
    )
    people.hear(Happened(event=event))
    assert people.names() == ["Bob", "cleo", "dora", "eve", "Udo"]
    # Called otherwise by now, and gone.
    people.hear(Answered(ticket=4, answer=PersonList(people=[MemberFacts("b", "Bob-2", False)], is_end=True)))
    people.hear(Happened(event=PersonLeft(index=2, by=("c", 1), user="c", name="cleo")))
    assert people.names() == ["Bob-2", "dora", "eve", "Udo"]


def test_only_for_a_person_are_they_asked_for() -> None:
    for asks in (False, True):
        people, asker = Acquaintances(asks=asks), Asker()
        people.connect(as_links(asker))
        people.hear(CONNECTED)
        assert [type(question) for question in asker.asked] == [People] * asks
