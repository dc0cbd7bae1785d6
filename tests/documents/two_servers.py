"""What only two servers tell, for docs/protocol.md: a real hub, whose other server and merge are played."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.archive.record import Draft
from server.engine.round import Output, PairState
from server.network.loop_thread import LoopThread
from server.protocol import events, requests
from server.sessions.facts import PeerFacts
from server.state.bodies import FriendBody
from tests.commands.bad_clients import device_of
from tests.sessions.scene import Client, Scene, only, packed


def told_by_two() -> Iterator[events.Event]:
    """Ben was taken into Anna's group at one server, and blocked her at the other one."""
    with played(users_max=2) as scene:
        anna, ben = person(scene, "Anna"), person(scene, "Ben")
        group = only(anna.archive(requests.CreateGroup, counter=1, name="Choir", users=[]), events.Stored)
        fork = scene.state.index
        anna.archive(requests.AddMember, counter=2, room=group.room, user="@Ben")
        scene.cut(fork)
        yield only(anna.heard(), events.Diverged)
        merging = PairState("follower", "dual", "2.b.0", "may_lack_messages", 0, is_merging=True)
        scene.do(lambda: scene.hub.deliver(Output(pair=merging)))
        (adding,) = scene.re_submitted()
        block = packed(FriendBody(scene.state.user_by_name["anna"], "block"))
        scene.append(Draft("friend", ben.device, 1, 0, block))
        scene.append(adding)
        dual = PairState("follower", "dual", "2.b.0", "", 0)
        scene.do(lambda: scene.hub.deliver(Output(pair=dual, copies_index=scene.state.index)))
        heard = anna.heard()
        yield only(heard, events.Withdrawn)
        yield only(heard, events.CopiesRaised)
        scene.do(lambda: scene.hub.hear_peer(PeerFacts("b", "192.0.2.2:7000", "leader", 1)))
        cleo = scene.client()
        yield only(cleo.sign_in("Cleo"), events.GoTo)


def person(scene: Scene, name: str) -> Client:
    """Somebody who is signed in."""
    client = scene.client()
    client.device = device_of(name)
    client.sign_in(name)
    return client


@contextmanager
def played(users_max: int) -> Iterator[Scene]:
    """A hub to which time, the engine and the other server are played."""
    loop = LoopThread("two-servers")
    loop.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            scene = Scene(loop, Path(folder), users_max=users_max)
            yield scene
            scene.stop()
    finally:
        loop.stop()
