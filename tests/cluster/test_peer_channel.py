"""The link between the servers proves itself: wrong secrets, replays and echoes get nowhere."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from server.cluster import peer_channel
from server.cluster.file_messages import FileHas
from server.cluster.peer_channel import PeerChannel, PeerIdentity
from server.cluster.peer_frames import (
    Challenge,
    Declined,
    HandOver,
    PeerFrameReader,
    PeerMessage,
    Proof,
    encode_peer_frame,
)
from server.network.loop_thread import LoopThread
from server.sessions.facts import PeerOnline
from tests.waiting import DEADLINE_S, wait_until

A = PeerIdentity("cluster", "a", "b", b"the secret")
B = PeerIdentity("cluster", "b", "a", b"the secret")


class Wire:
    """A channel whose bytes are taken out by the test."""

    def __init__(self) -> None:
        self.written = b""
        self.is_aborted = False
        self.is_established = False
        self.is_ended = False

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.is_aborted = True

    def close(self) -> None:
        self.is_ended = True

    def established(self) -> None:
        self.is_established = True

    def take(self) -> bytes:
        written, self.written = self.written, b""
        return written


class End:
    """A peer channel, its wire, and what it told its owner (a `PeerChannelOwner`)."""

    def __init__(
        self,
        loop: LoopThread,
        identity: PeerIdentity,
        *,
        is_dialer: bool,
        hangs_up: bool = False,
        purpose: str = "",
    ) -> None:
        self._hangs_up = hangs_up
        self._loop = loop
        self.wire = Wire()
        self.proved = False
        self.said: list[PeerMessage] = []
        self.foreign: list[tuple[str, str]] = []
        self.is_closed = False
        self.declines = ""
        self.retired = 0
        self.declined: list[str] = []
        # Who owns connections that were dialed for something else.
        self.others: dict[str, End] = {}
        self.channel = PeerChannel(
            identity,
            self,
            is_dialer=is_dialer,
            purpose=purpose,
            owner_for=self.others.get,
        )
        self._do(self.channel.opened, self.wire)

    def hear(self, data: bytes) -> bytes:
        """Bytes from the other side; gives what it answers."""
        if not self.wire.is_aborted:
            self._do(self.channel.received, data)
        return self.wire.take()

    def close(self) -> None:
        self._do(self.channel.closed, None)

    def _do(self, function: Any, *arguments: Any) -> None:
        async def call() -> None:
            function(*arguments)

        self._loop.run_sync(call(), DEADLINE_S)

    def reason_to_decline(self, channel: PeerChannel) -> str:
        return self.declines

    def peer_declined(self, channel: PeerChannel, reason: str) -> None:
        self.declined.append(reason)
        if self._hangs_up:
            channel.close()

    def retired_proved(self, channel: PeerChannel) -> None:
        self.retired += 1

    def peer_proved(self, channel: PeerChannel) -> None:
        self.proved = True

    def peer_said(self, channel: PeerChannel, message: PeerMessage) -> None:
        self.said.append(message)

    def peer_is_foreign(self, cluster: str, server: str) -> None:
        self.foreign.append((cluster, server))

    def peer_channel_closed(self, channel: PeerChannel) -> None:
        self.is_closed = True


@pytest.fixture
def make(loop: LoopThread) -> Iterator[Any]:
    """Make ends; their clocks are stopped at the end."""
    ends: list[End] = []

    def make(identity: PeerIdentity, **options: Any) -> End:
        ends.append(End(loop, identity, **options))
        return ends[-1]

    yield make
    for end in ends:
        end.close()


def talk(first: End, second: End) -> None:
    """Carry bytes both ways until nobody says anything more."""
    to_second, to_first = first.wire.take(), second.wire.take()
    while to_second or to_first:
        to_first, to_second = to_first + second.hear(to_second), b""
        to_second, to_first = first.hear(to_first), b""


def messages_in(data: bytes) -> list[PeerMessage]:
    reader = PeerFrameReader()
    reader.feed(data)
    found = []
    while (message := reader.next_message()) is not None:
        found.append(message)
    return found


def test_two_servers_with_one_secret_prove_themselves_and_talk(make: Any) -> None:
    a, b = make(A, is_dialer=True), make(B, is_dialer=False)
    talk(a, b)
    assert (a.proved, b.proved) == (True, True)
    assert a.wire.is_established
    b.hear(encode_peer_frame(PeerOnline(("u",))))
    assert b.said == [PeerOnline(("u",))]


def test_a_connection_for_files_belongs_to_whoever_has_them(make: Any) -> None:
    a, b, files = make(A, is_dialer=True, purpose="files"), make(B, is_dialer=False), make(B, is_dialer=False)
    b.others["files"] = files
    # Who is linked declines another connection for records only.
    b.declines = "linked"
    talk(a, b)
    assert (a.proved, b.proved, files.proved) == (True, False, True)
    b.hear(encode_peer_frame(FileHas("u", "a" * 64)))
    assert (b.said, files.said) == ([], [FileHas("u", "a" * 64)])


def test_a_connection_for_what_is_not_done_here_is_dropped(make: Any) -> None:
    for purpose in ("files", "nonsense"):
        a, b = make(A, is_dialer=True, purpose=purpose), make(B, is_dialer=False)
        b.others["other"] = b
        talk(a, b)
        assert b.wire.is_aborted
        assert (a.proved, b.proved) == (False, False)


def test_a_proof_for_records_is_none_for_files(make: Any) -> None:
    a, b, files = make(A, is_dialer=True), make(B, is_dialer=False), make(B, is_dialer=False)
    b.others["files"] = files
    challenge = messages_in(a.wire.take())[0]
    proof = a.hear(b.wire.take())
    # Somebody in between has changed what it is for.
    b.hear(encode_peer_frame(msgspec.structs.replace(challenge, purpose="files")) + proof)
    assert b.wire.is_aborted
    assert not files.proved


def test_the_secret_itself_is_never_sent(make: Any) -> None:
    a, b = make(A, is_dialer=True), make(B, is_dialer=False)
    first = a.wire.take()
    assert A.secret not in first + b.hear(first)


def test_a_wrong_secret_is_dropped_and_gets_no_proof(make: Any) -> None:
    for is_dialer in (True, False):
        a = make(A, is_dialer=is_dialer)
        b = make(PeerIdentity("cluster", "b", "a", b"a guess"), is_dialer=not is_dialer)
        talk(a, b)
        assert (a.proved, b.proved) == (False, False)
        # Whoever listens asks for the proof first.
        assert (b if is_dialer else a).wire.is_aborted


def test_a_proof_of_an_earlier_connection_is_worth_nothing(make: Any) -> None:
    a, b = make(A, is_dialer=True), make(B, is_dialer=False)
    challenge = b.wire.take()
    answer = a.wire.take()
    proof = a.hear(challenge)
    b.hear(answer + proof)
    assert b.proved
    again = make(B, is_dialer=False)
    again.hear(answer + proof)
    assert not again.proved
    assert again.wire.is_aborted


def test_an_echo_proves_nothing(make: Any) -> None:
    # Somebody without the secret hands our own words back to us.
    mirror = make(A, is_dialer=True)
    (challenge,) = messages_in(mirror.wire.take())
    assert isinstance(challenge, Challenge)
    (proof,) = messages_in(mirror.hear(encode_peer_frame(Challenge("cluster", "b", challenge.nonce))))
    assert isinstance(proof, Proof)
    for echo in (proof, Declined("linked", proof.mac)):
        mirror.hear(encode_peer_frame(echo))
    assert (mirror.proved, mirror.declined) == (False, [])
    assert mirror.wire.is_aborted


def test_a_listener_proves_nothing_to_whoever_has_proved_nothing(make: Any) -> None:
    listener = make(B, is_dialer=False)
    (challenge,) = messages_in(listener.wire.take())
    assert isinstance(challenge, Challenge)
    assert listener.hear(encode_peer_frame(Challenge("cluster", "a", challenge.nonce))) == b""


def test_a_listener_that_has_a_link_says_so_to_whoever_proves_to_be_the_peer(make: Any) -> None:
    a, b = make(A, is_dialer=True), make(B, is_dialer=False)
    b.declines = "linked"
    talk(a, b)
    assert (a.proved, b.proved) == (False, False)
    assert a.declined == ["linked"]
    assert b.wire.is_ended


def test_a_server_whose_place_was_taken_proves_itself_and_talks_on_without_a_link(make: Any) -> None:
    keeper = PeerIdentity("cluster", "b", "c", b"the secret", retired=("a",))
    a, b = make(A, is_dialer=True), make(keeper, is_dialer=False)
    talk(a, b)
    assert (a.proved, b.proved) == (False, False)
    assert (a.declined, b.retired) == (["retired"], 1)
    b.hear(encode_peer_frame(HandOver(())))
    assert b.said == [HandOver(())]


def test_what_comes_with_a_refusal_is_no_mistake_of_the_other_side(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = PeerIdentity("cluster", "b", "c", b"the secret", retired=("a",))
    a, b = make(A, is_dialer=True, hangs_up=True), make(keeper, is_dialer=False)
    challenge = b.hear(a.wire.take())
    a.hear(b.hear(a.hear(challenge)) + encode_peer_frame(HandOver(())))
    assert (a.declined, a.wire.is_aborted) == (["retired"], True)
    assert (a.said, caplog.messages) == ([], [])


def test_a_retired_server_without_the_secret_gets_nowhere(make: Any) -> None:
    keeper = PeerIdentity("cluster", "b", "c", b"the secret", retired=("a",))
    a = make(PeerIdentity("cluster", "a", "b", b"a guess"), is_dialer=True)
    b = make(keeper, is_dialer=False)
    talk(a, b)
    assert (a.declined, b.retired) == ([], 0)
    assert b.wire.is_aborted


def test_that_there_is_a_link_is_believed_only_with_a_proof(make: Any) -> None:
    a = make(A, is_dialer=True)
    a.hear(encode_peer_frame(Challenge("cluster", "b", b"n" * 32)))
    a.hear(encode_peer_frame(Declined("linked", b"m" * 32)))
    assert a.declined == []
    assert a.wire.is_aborted


def test_two_dialers_or_two_listeners_never_prove_each_other(make: Any) -> None:
    for is_dialer in (True, False):
        a, b = make(A, is_dialer=is_dialer), make(B, is_dialer=is_dialer)
        talk(a, b)
        assert not a.proved
        assert not b.proved


@pytest.mark.parametrize(
    ("challenge", "told"),
    [
        (Challenge("other", "b", b"n"), ("other", "b")),
        (Challenge("cluster", "c", b"n"), ("cluster", "c")),
        (Challenge("cluster", "a", b"n"), ("cluster", "a")),
    ],
)
def test_another_chat_or_another_server_is_told_and_gets_no_proof(
    make: Any, challenge: Challenge, told: tuple[str, str]
) -> None:
    a = make(A, is_dialer=True)
    a.wire.take()
    assert a.hear(encode_peer_frame(challenge)) == b""
    assert a.foreign == [told]
    assert a.wire.is_aborted


@pytest.mark.parametrize(
    "data",
    [
        encode_peer_frame(PeerOnline(("u",))),
        encode_peer_frame(Proof(b"m" * 32)),
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\x00\x00\x00",
    ],
)
def test_before_the_proof_nothing_else_is_heard(make: Any, data: bytes) -> None:
    a = make(A, is_dialer=False)
    a.hear(data)
    assert a.said == []
    assert a.wire.is_aborted


@pytest.mark.parametrize("message", [Challenge("cluster", "b", b"n"), Proof(b"m"), Declined("linked", b"m")])
def test_a_proof_is_given_once(make: Any, message: PeerMessage) -> None:
    a, b = make(A, is_dialer=True), make(B, is_dialer=False)
    talk(a, b)
    a.hear(encode_peer_frame(message))
    assert a.wire.is_aborted
    assert a.said == []


def test_who_proves_nothing_in_time_is_dropped(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_channel, "_PROOF_S", 0.01)
    silent = make(A, is_dialer=False)
    wait_until(lambda: silent.wire.is_aborted)


def test_who_proved_itself_has_all_the_time(make: Any) -> None:
    a, b = make(A, is_dialer=True), make(B, is_dialer=False)
    talk(a, b)
    for end in (a, b):
        assert end.channel._deadline is not None
        assert end.channel._deadline.cancelled()
