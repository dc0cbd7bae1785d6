"""After a merge: who is told of another name, or of something that does not hold any more."""

from server.client.delivery import Delivery
from server.client.notices import AnyNotice, Diverged, Happened, Renamed
from server.client.reading import START_OF_ARCHIVE, Reading
from server.protocol import events
from server.protocol.events import SignedIn
from server.protocol.facts import RoomFacts


def signed_in() -> tuple[Delivery, list[AnyNotice]]:
    told: list[AnyNotice] = []
    delivery = Delivery(Reading(START_OF_ARCHIVE), told.append)
    general = RoomFacts("general", "general", 2, is_member=True)
    delivery.signed_in(
        SignedIn(
            user="me",
            name="Anna",
            server="a",
            standby=False,
            cursor=START_OF_ARCHIVE,
            number=0,
            archive_number=0,
            rooms=[general],
            servers=[],
        )
    )
    return delivery, told


def of_merge(told: list[AnyNotice]) -> list[AnyNotice]:
    return [notice for notice in told if isinstance(notice, Renamed | Happened | Diverged)]


def test_the_owner_of_a_room_is_told_its_new_name_once() -> None:
    delivery, told = signed_in()
    for _ in range(2):
        delivery.room_created(
            events.RoomCreated(index=4, room="r", name="garden-2", user="me", wanted_name="garden")
        )
    assert of_merge(told) == [Renamed(what="room", wanted_name="garden", name="garden-2")]


def test_a_person_is_told_the_own_new_name() -> None:
    delivery, told = signed_in()
    delivery.room_joined(
        events.RoomJoined(index=4, room="general", user="me", name="Anna-2", wanted_name="Anna")
    )
    assert of_merge(told) == [Renamed(what="person", wanted_name="Anna", name="Anna-2")]


def test_nobody_is_told_of_the_names_of_others() -> None:
    delivery, told = signed_in()
    delivery.room_created(
        events.RoomCreated(index=4, room="r", name="garden-2", user="she", wanted_name="garden")
    )
    delivery.room_joined(
        events.RoomJoined(index=5, room="general", user="she", name="Bea-2", wanted_name="Bea")
    )
    assert of_merge(told) == []


def test_what_does_not_hold_is_told_with_its_reason() -> None:
    delivery, told = signed_in()
    event = events.Withdrawn(index=4, by=("d", 7), kind="member", code="room_full", arguments={"limit": 9})
    delivery.happened(event)
    assert of_merge(told) == [Happened(event=event)]
