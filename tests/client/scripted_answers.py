"""What a scripted server answers, as it stands in the protocol."""

from server.protocol import events
from server.protocol.facts import MemberMark


def welcome(answer: int, server: str, cluster: str) -> events.Welcome:
    return events.Welcome(
        answer=answer,
        version=1,
        features=[],
        server=server,
        cluster=cluster,
        chat="Chat",
        sign_in=["open"],
        nonce="",
    )


def receipts(answer: int, room: str, marks: list[MemberMark]) -> events.RoomReceipts:
    return events.RoomReceipts(answer=answer, room=room, members=len(marks), delivered=0, read=0, marks=marks)
