"""Rooms on both sides of a cut: no message is lost, whoever left, closed or ended what it was written in."""

import pytest

from server.archive.record import Draft
from server.state.bodies import (
    DeleteRoomBody,
    FileBody,
    FriendBody,
    GroupBody,
    LeaveBody,
    MemberBody,
    MessageBody,
    RemoveBody,
    RenameBody,
    RoomBody,
    TopicBody,
)
from server.state.friendships import private_room
from tests.engine.merging import cut_off, heal, sides
from tests.replication.drafts import message
from tests.replication.servers import Server, Servers
from tests.state.archive_of import act

ANNA, BEN = "user of anna", "user of ben"
CHAT = private_room(ANNA, BEN)


def friend(counter: int, what: str, *, name: str) -> Draft:
    return act("friend", counter, FriendBody(BEN if name == "anna" else ANNA, what), name=name)


def together(*drafts: Draft) -> tuple[Servers, Server, Server]:
    """Both have this; then they are cut off. With who will lead, and who will be merged behind it."""
    pair = cut_off()
    heal(pair)
    sides(pair)[0].ask(*drafts)
    pair.wait(0.5)
    pair.disconnect()
    pair.wait(1.5)
    return pair, *sides(pair)


def rooms_of_messages(server: Server) -> list[str]:
    reader = server.reader
    rows = [
        row
        for room in server.engine.state.rooms
        for row in reader.page(room, 0, 2**62, 99, is_backwards=False)
    ]
    by_number = {row.number: row.audience for row in rows if row.number}
    assert sorted(by_number) == list(range(1, server.engine.state.number + 1))
    return [by_number[number] for number in sorted(by_number)]


@pytest.mark.parametrize("is_accepted_by_winner", [False, True])
@pytest.mark.parametrize("end", ["decline", "block"])
def test_a_private_chat_that_one_side_began_and_the_other_one_ended(
    end: str, *, is_accepted_by_winner: bool
) -> None:
    pair, winner, loser = together(friend(1, "ask", name="anna"))
    begins, ends = (winner, loser) if is_accepted_by_winner else (loser, winner)
    begins.ask(friend(1, "accept", name="ben"))
    pair.settle()
    begins.ask(message("anna", 2, CHAT), message("ben", 2, CHAT))
    ends.ask(friend(21, end, name="ben"))
    pair.settle()
    heal(pair, 2.5)
    for server in (winner, loser):
        state = server.engine.state
        assert rooms_of_messages(server) == [CHAT, CHAT]
        assert state.rooms[CHAT].members == (ANNA, BEN)
        assert state.are_friends(ANNA, BEN) == (is_accepted_by_winner and end == "decline")


def test_a_group_that_one_side_closed_and_a_room_that_one_side_was_put_out_of() -> None:
    pair, winner, loser = together(
        act("group", 1, GroupBody("g", "garden", (BEN,)), name="anna"),
        act("group", 2, GroupBody("h", "attic", (BEN,)), name="anna"),
    )
    winner.ask(act("leave", 3, LeaveBody("g"), name="anna"), act("leave", 1, LeaveBody("g"), name="ben"))
    winner.ask(act("remove", 4, RemoveBody("h", BEN), name="anna"))
    file = MessageBody("h", "", FileBody("f" * 64, 7, "plan.txt"))
    loser.ask(message("ben", 5, "g"), act("message", 6, file, name="ben"))
    # What is no message is withdrawn: nobody is in that group any more.
    loser.ask(act("rename", 7, RenameBody("g", "cellar"), name="anna"))
    pair.settle()
    heal(pair, 2.5)
    for server in (winner, loser):
        state = server.engine.state
        assert rooms_of_messages(server) == ["g", "h"]
        assert state.rooms["g"].members == ()
        assert state.files.is_in(("h",), "f" * 64)
        assert state.files.bytes_of(BEN) == 7


@pytest.mark.parametrize("is_deleted_by_winner", [True, False])
def test_a_room_that_one_side_deleted_keeps_what_the_other_side_wrote(*, is_deleted_by_winner: bool) -> None:
    pair, winner, loser = together(
        act("room", 1, RoomBody("g", "garden"), name="anna"), act("member", 1, MemberBody("g"), name="ben")
    )
    deletes, writes = (winner, loser) if is_deleted_by_winner else (loser, winner)
    deletes.ask(act("delete_room", 2, DeleteRoomBody("g"), name="anna"))
    pair.settle()
    # The name is free on this side, and on the other one the old room has it.
    deletes.ask(act("room", 3, RoomBody("h", "garden"), name="anna"))
    writes.ask(message("ben", 5, "g"), act("topic", 6, TopicBody("g", "weeds"), name="ben"))
    pair.settle()
    heal(pair, 2.5)
    for server in (winner, loser):
        state = server.engine.state
        assert rooms_of_messages(server) == ["g"]
        assert (state.rooms["g"].members, state.rooms["g"].is_deleted) == ((), True)
        assert (state.rooms["h"].name, state.rooms["h"].members) == ("garden", (ANNA,))
        assert state.room_by_name["garden"] == "h"
        assert "g" not in state.users[BEN].rooms
    assert winner.engine.state.digest() == loser.engine.state.digest()
