"""Questions: requests that are no messages, asked again on the next link until answered or too old."""

import msgspec

from server.protocol.requests import (
    AddMember,
    Administer,
    ChangePassword,
    CreateGroup,
    CreateInvite,
    CreateRoom,
    Delete,
    DeleteRoom,
    Devices,
    Edit,
    Friend,
    Friends,
    History,
    Invites,
    JoinRoom,
    LeaveRoom,
    People,
    React,
    Receipts,
    RemoveMember,
    RenameRoom,
    RevokeDevice,
    Rooms,
    Search,
    SetTopic,
    TakeBackInvite,
    Unread,
    Unregister,
    Who,
)

AnyQuestion = (
    History
    | Search
    | Receipts
    | Unread
    | Rooms
    | Who
    | People
    | Friends
    | Devices
    | CreateRoom
    | JoinRoom
    | LeaveRoom
    | DeleteRoom
    | RenameRoom
    | SetTopic
    | CreateGroup
    | AddMember
    | RemoveMember
    | Administer
    | Friend
    | Edit
    | Delete
    | React
    | ChangePassword
    | RevokeDevice
    | Unregister
    | CreateInvite
    | TakeBackInvite
    | Invites
)


class Asked(msgspec.Struct, frozen=True):
    """A question with the app's ticket for it; unanswered at `deadline` it ends as `unknown`."""

    ticket: int
    question: AnyQuestion
    deadline: float


class Questions:
    """What was asked and not answered: waiting for a link, or in flight under a request id."""

    def __init__(self) -> None:
        self._waiting: list[Asked] = []
        self._in_flight: dict[int, Asked] = {}

    def ask(self, asked: Asked) -> None:
        """Take a question; it goes out with the next `take_waiting`."""
        self._waiting.append(asked)

    def take_waiting(self) -> list[Asked]:
        """The questions to ask now, in the order they came; call `sent` for each."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def sent(self, request_id: int, asked: Asked) -> None:
        """The question is under way under this request id."""
        self._in_flight[request_id] = asked

    def answer(self, request_id: int) -> Asked | None:
        """Its answer came. None if it is no question of ours (or was given up)."""
        return self._in_flight.pop(request_id, None)

    def recall(self) -> None:
        """The link is gone: ask all of them again, the older ones first."""
        self._waiting = [*self._in_flight.values(), *self._waiting]
        self._in_flight = {}

    def expire(self, now: float) -> list[Asked]:
        """The questions whose time is up; they are given up."""
        late = [asked for asked in (*self._in_flight.values(), *self._waiting) if asked.deadline <= now]
        if late:
            self._waiting = [asked for asked in self._waiting if asked.deadline > now]
            self._in_flight = {
                request_id: asked for request_id, asked in self._in_flight.items() if asked.deadline > now
            }
        return late

    def next_deadline(self) -> float | None:
        """When `expire` has something to do at the earliest."""
        deadlines = [asked.deadline for asked in (*self._in_flight.values(), *self._waiting)]
        return min(deadlines, default=None)
