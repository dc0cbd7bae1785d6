"""What is refused for time, or for the other server's sake: time and the other server are played."""

import json
from collections.abc import Iterator
from typing import Final

import msgspec

from server.archive.record import Draft
from server.engine.round import Output, PairState
from server.protocol import events, limits
from server.sessions.facts import PeerFacts
from server.state.bodies import DeviceBody
from tests.documents.speakers import SECRET
from tests.documents.transcripts import Transcript
from tests.documents.two_servers import person, played
from tests.sessions.scene import Scene, only, packed

# (what is sent, or happens; what is told)
Refused = tuple[str, events.Failed | events.Goodbye]
OTHER: Final = "192.0.2.2:7000"
NOBODY: Final = "00" * 16


def refused_in_time(transcript: Transcript) -> None:
    """Write down each."""
    with played(users_max=1) as scene:
        for happened, told in (*_too_slow(scene), *_too_full(scene, transcript), *_too_far(scene)):
            transcript.note_refusal(happened, msgspec.to_builtins(told))


def _too_slow(scene: Scene) -> Iterator[Refused]:
    stranger = scene.client()
    scene.pass_time(limits.SIGN_IN_S_MAX + 1)
    yield f"(nothing for {limits.SIGN_IN_S_MAX:g} s)", only(stranger.heard(), events.Failed)
    anna = person(scene, "Anna")
    anna.send(b'{"request": "ping", "id"')
    scene.pass_time(limits.FRAME_S_BASE + limits.FRAME_S_PER_4_KIB + 1)
    happened = f'> {{"request": "ping", "id"\n(nothing more for {limits.FRAME_S_BASE:g} s)'
    yield happened, only(anna.heard(), events.Failed)
    ben = person(scene, "Ben")
    scene.pass_time(limits.DEAD_AFTER_S + 1)
    yield f"(nothing for {limits.DEAD_AFTER_S:g} s)", only(ben.heard(), events.Failed)


def _too_full(scene: Scene, transcript: Transcript) -> Iterator[Refused]:
    person(scene, "Cleo")
    scene.do(lambda: scene.hub.hear_peer(PeerFacts("b", OTHER, "follower", 1)))
    dora = scene.client()
    dora.greet()
    asked = {"request": "sign_in", "id": 2, "name": "Dora", "device": NOBODY, "secret": SECRET}
    dora.send(json.dumps(asked).encode() + b"\n")
    yield transcript.written(">", asked), only(dora.heard(), events.Failed)
    scene.do(lambda: scene.hub.hear_peer(None))


def _too_far(scene: Scene) -> Iterator[Refused]:
    fork = scene.state.index
    eva = person(scene, "Eva")
    scene.cut(fork)
    (device,) = scene.re_submitted()
    eva.heard()
    scene.append(Draft("device", NOBODY, 0, 0, packed(DeviceBody("another", "Eva", b""))))
    scene.append(msgspec.structs.replace(device, origin=None))
    yield "(a merge finds her device at another person)", only(eva.heard(), events.Goodbye)
    fay = person(scene, "Fay")
    scene.do(lambda: scene.hub.hear_peer(PeerFacts("b", OTHER, "leader", 0)))
    behind = PairState("follower", "solo", "2.b.0", "", 0, is_behind=True)
    scene.do(lambda: scene.hub.deliver(Output(pair=behind)))
    yield "(the server finds out that it missed much)", only(fay.heard(), events.Goodbye)
