"""The people that a terminal client has heard of, so that their names need not be typed out."""

from typing import Final

from server.client.notices import Answered, AnyNotice, Arrived, Connected, Happened
from server.network.client_links import ClientLinks
from server.protocol import limits
from server.protocol.events import FriendList, FriendshipChanged, MemberList, PersonLeft, PersonList
from server.protocol.names import name_key
from server.protocol.requests import People


class Acquaintances:
    """Hears every notice. With `asks` it begins with as many people as the servers tell at once."""

    def __init__(self, *, asks: bool) -> None:
        self._asks: Final = asks
        self._links: ClientLinks | None = None
        self._user = ""
        # By id, with the name of now.
        self._names: Final[dict[str, str]] = {}

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def names(self) -> list[str]:
        """All but the own one, as they are sorted. Any thread."""
        return sorted((name for user, name in list(self._names.items()) if user != self._user), key=name_key)

    def hear(self, notice: AnyNotice) -> None:
        """It may be about somebody."""
        match notice:
            case Connected(user=user):
                self._user = user
                if self._asks and self._links is not None:
                    self._links.ask(People(id=1, limit=limits.PEOPLE_ROWS_MAX))
            case Answered(answer=PersonList(people=people)) | Answered(answer=MemberList(members=people)):
                self._names.update((person.user, person.name) for person in people)
            case Answered(answer=FriendList(friends=friends)):
                self._names.update((friend.user, friend.name) for friend in friends)
            case Arrived(messages=messages):
                self._names.update((one.user, one.name) for one in messages if not one.has_left)
            case Happened(FriendshipChanged() as event):
                self._names.update({event.user: event.name, event.other: event.other_name})
            case Happened(PersonLeft(user=user)):
                self._names.pop(user, None)
            case _:
                pass
