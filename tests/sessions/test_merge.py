"""What sessions live through while a merge takes records away and brings them back."""

import msgspec

from server.archive.record import Draft
from server.engine.round import Output, PairState
from server.protocol import events, requests
from server.sessions.facts import PeerFacts
from server.state.bodies import DeviceBody, FriendBody, MessageBody
from server.state.state import GENERAL
from tests.sessions.scene import Client, Scene, messages_in, only, packed


def test_who_signed_in_behind_the_fork_stays_and_may_ask_for_everything(scene: Scene) -> None:
    fork = scene.state.index
    anna = scene.client()
    anna.sign_in("Anna")
    scene.cut(fork)
    told = only(anna.heard(), events.Diverged)
    assert told.index == fork
    assert anna.ask_for(events.RoomList, requests.Rooms).rooms
    assert anna.ask_for(events.MemberList, requests.Who, room=GENERAL).members == []
    for draft in scene.re_submitted():
        scene.append(draft)
    assert only(anna.heard(), events.RoomJoined).name == "Anna"
    assert not anna.channel.end


def test_messages_of_both_sides_come_once_to_somebody_who_signed_in_behind_the_fork(scene: Scene) -> None:
    fork = scene.state.index
    anna = scene.client()
    anna.sign_in("Anna")
    say(scene, anna, 1)
    scene.cut(fork)
    waiting = scene.re_submitted()
    other = DeviceBody("other", "Ben", b"")
    scene.append(Draft("device", "f" * 32, 0, 0, packed(other)))
    scene.append(message("f" * 32, 1, "from the other side"))
    for draft in waiting:
        scene.append(draft)
    texts = [message.text for message in messages_in(anna.heard())]
    # The first one was delivered before the cut, which took it back.
    assert texts == ["Anna 1", "from the other side", "Anna 1"]


def test_who_is_not_taken_into_a_group_again_reads_it_no_more_and_who_asked_is_told(scene: Scene) -> None:
    anna, ben = scene.client(), scene.client()
    anna.sign_in("Anna")
    ben.sign_in("Ben")
    made = anna.archive(requests.CreateGroup, counter=1, name="Choir", users=[])
    group = only(made, events.Stored).room
    fork = scene.state.index
    anna.archive(requests.AddMember, counter=2, room=group, user="@Ben")
    ben.heard()
    scene.cut(fork)
    merging = PairState("follower", "dual", "2.b.0", "may_lack_messages", 0, is_merging=True)
    scene.do(lambda: scene.hub.deliver(Output(pair=merging)))
    (adding,) = scene.re_submitted()
    # At the other server Ben had blocked Anna meanwhile.
    anna_id = scene.state.user_by_name["anna"]
    scene.append(Draft("friend", ben.device, 1, 0, packed(FriendBody(anna_id, "block"))))
    scene.append(adding)
    scene.do(lambda: scene.hub.deliver(Output(pair=msgspec.structs.replace(merging, is_merging=False))))
    ben.heard()
    told_of_it = only(anna.heard(), events.Withdrawn)
    assert (told_of_it.by, told_of_it.kind, told_of_it.code) == ((anna.device, 2), "add", "blocked")
    told = anna.archive(requests.Send, counter=3, room=group, text="without Ben", time_ms=1)
    assert [message.text for message in messages_in(told)] == ["without Ben"]
    assert not messages_in(ben.heard())


def anna_on_both_sides(scene: Scene) -> tuple[Client, Draft, Draft]:
    """Anna lost a cut; the other server had an Anna already, and her device had signed in there as well."""
    fork = scene.state.index
    anna = scene.client()
    anna.sign_in("Anna")
    scene.cut(fork)
    (device,) = scene.re_submitted()
    anna.heard()
    other = Draft("device", "f" * 32, 0, 0, packed(DeviceBody("first", "Anna", b"")))
    return anna, other, msgspec.structs.replace(device, origin=None)


def test_whose_device_belongs_to_somebody_else_after_the_merge_signs_in_anew(scene: Scene) -> None:
    anna, *devices = anna_on_both_sides(scene)
    for device in devices:
        scene.append(device)
    assert only(anna.heard(), events.Goodbye).code == "merged"
    assert anna.channel.end == "closed"


def test_whose_device_belongs_to_somebody_else_is_told_nothing_more_as_who_it_was(scene: Scene) -> None:
    # Found by the simulator (seed 96515204): the cursor went past what the new owner may read.
    anna, *devices = anna_on_both_sides(scene)
    scene.append_at_once(*devices, message("f" * 32, 1, "behind both"))
    heard = anna.heard()
    assert only(heard, events.Goodbye).code == "merged"
    assert not messages_in(heard)
    assert not [event for event in heard if isinstance(event, events.PositionMoved)]


def say(scene: Scene, client: Client, counter: int) -> None:
    client.ask(requests.Send, counter=counter, room=GENERAL, text=f"Anna {counter}", time_ms=0)
    scene.commit()


def message(device: str, counter: int, text: str) -> Draft:
    return Draft("message", device, counter, 0, packed(MessageBody(GENERAL, text)))


def test_a_server_with_much_to_learn_sends_its_people_to_the_other_one(scene: Scene) -> None:
    anna = scene.client()
    anna.sign_in("Anna")
    behind = PairState("follower", "solo", "2.b.0", "", 0, is_behind=True)
    scene.do(lambda: scene.hub.deliver(Output(pair=behind)))
    # Not before it is known where they can go.
    assert not anna.channel.end
    scene.do(lambda: scene.hub.hear_peer(PeerFacts("b", "b:1", "leader", 0)))
    goodbye = only(anna.heard(), events.Goodbye)
    assert (goodbye.code, goodbye.address) == ("catching_up", "b:1")
    late = scene.client()
    assert only(late.sign_in("Ben"), events.GoTo).address == "b:1"


def test_a_cursor_of_an_epoch_that_is_not_known_here_keeps_its_own_past(scene: Scene) -> None:
    # Found by the simulator (seed 1464371864): with this archive's past it was taken for one that shared it.
    scene.do(lambda: scene.hub.deliver(Output(pair=PairState("follower", "dual", "1.a.0f", "", 0))))
    own = (requests.EpochEnd("1.b.0e", 3), requests.EpochEnd("2.b.0e", 7))
    cursor = requests.Cursor(epoch="99.b.0e", index=50, trail=own)
    there = only(scene.client().sign_in("Anna", cursor=cursor), events.SignedIn).cursor
    assert (there.epoch, there.index, there.trail) == ("99.b.0e", 50, own)
    here = only(scene.client().sign_in("Ben"), events.SignedIn).cursor
    assert here.epoch != there.epoch
