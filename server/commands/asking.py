"""Asking a running server a question: dial it, greet it, wait for the answer to each request."""

import asyncio
import itertools
from typing import Final

import msgspec

from server.i18n.error_texts import error_text
from server.i18n.marking import marked
from server.i18n.translation import _
from server.names.addresses import Address, is_loopback
from server.names.fingerprints import fingerprint_text
from server.network.channel import Channel
from server.network.dialer import dial
from server.network.errors import ClosedReason, DialCode, DialError
from server.network.tls import Trust
from server.protocol import events, requests
from server.protocol.connection import VERSIONS, ClientConnection
from server.protocol.errors import RemoteProtocolError
from server.protocol.frames import encode_frame
from server.sessions.status import status_proof

_ANSWER_S: Final = 5.0

_DIAL_SENTENCES: Final[dict[DialCode, str]] = {
    DialCode.REFUSED: marked("no server listens there"),
    DialCode.TIMEOUT: marked("there was no answer in time"),
    DialCode.UNREACHABLE: marked("there is no way to that computer, or no computer of that name"),
    DialCode.LOST: marked("the connection broke off"),
    DialCode.TLS_FAILED: marked("it does not speak this program's encryption (a server with --plain?)"),
    DialCode.WRONG_CERTIFICATE: marked("its certificate is not the one that is trusted"),
}

_FORBIDDEN: Final = marked("from another computer it answers only who has the cluster's secret; use --data")


class Target(msgspec.Struct, frozen=True):
    """A server to be asked, and how it is known; `trust` None: without encryption."""

    address: Address
    trust: Trust | None


class UnansweredError(Exception):
    """Why a server gave no answer, as a sentence without its full stop."""


class RefusedError(UnansweredError):
    """It answered, and said no: a code of `server.protocol.errors`."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code: Final = code


class Conversation:
    """An open connection to one server (a `ChannelHandler`)."""

    def __init__(self) -> None:
        self._connection: Final = ClientConnection()
        self._ids: Final = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[events.AnyEvent]] = {}
        self._channel: Channel | None = None
        # The channel itself bounds how long its end takes.
        self._has_closed = asyncio.Event()
        self.welcome: events.Welcome | None = None

    async def greet(self) -> events.Welcome:
        """Say hello. Raises UnansweredError."""
        hello = requests.Hello(id=self.next_id(), versions=list(VERSIONS), client="status")
        answer = await self.ask(hello)
        if not isinstance(answer, events.Welcome):
            raise UnansweredError(_("it did not greet back"))
        return answer

    def next_id(self) -> int:
        """An id for the next request."""
        return next(self._ids)

    async def ask(self, request: requests.AnyRequest) -> events.AnyEvent:
        """The answer to a request. Raises UnansweredError: a refusal, silence, a lost connection."""
        if self._channel is None:
            raise UnansweredError(_("the connection broke off"))
        future: asyncio.Future[events.AnyEvent] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = future
        self._channel.write(encode_frame(request))
        try:
            answer = await asyncio.wait_for(future, _ANSWER_S)
        except TimeoutError:
            raise UnansweredError(_("there was no answer in time")) from None
        finally:
            del self._waiting[request.id]
        if isinstance(answer, events.Failed):
            if answer.code == "forbidden":
                raise RefusedError(answer.code, _(_FORBIDDEN))
            raise RefusedError(answer.code, error_text(answer.code, answer.arguments).removesuffix("."))
        return answer

    async def close(self) -> None:
        """Hang up, and wait until the connection is gone: a loop must not be closed before."""
        if self._channel is not None:
            self._channel.close()
            await self._has_closed.wait()

    # What the channel tells.

    def opened(self, channel: Channel) -> None:
        """The first word is `greet`'s."""
        self._channel = channel

    def received(self, data: bytes) -> None:
        """Bytes came."""
        try:
            found = self._connection.receive(data)
        except RemoteProtocolError:
            self._fail(_("it said something that this program does not understand"))
            return
        for event in found:
            future = self._waiting.get(event.answer)
            if future is not None and not future.done():
                future.set_result(event)

    def resumed(self) -> None:
        """Questions are short."""

    def closed(self, reason: ClosedReason | None) -> None:  # noqa: ARG002 - the shape of a handler
        """Whoever waits is told."""
        self._channel = None
        self._has_closed.set()
        self._fail(_("the connection broke off"))

    def _fail(self, sentence: str) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(UnansweredError(sentence))


async def open_conversation(target: Target) -> tuple[Conversation, str]:
    """A greeted connection, and what to note about it ("" for nothing). Raises UnansweredError."""
    note = ""
    found = await _dial(target.address, target.trust)
    if isinstance(found, DialError) and found.code is DialCode.UNKNOWN_CERTIFICATE and found.fingerprint:
        text = fingerprint_text(found.fingerprint)
        if not is_loopback(target.address.host):
            raise UnansweredError(
                _(
                    "its certificate is unknown here; use --data, an invite link, or --fingerprint {text}"
                ).format(text=text)
            )
        note = _("{address}: its certificate was accepted unseen, on this computer ({text})").format(
            address=target.address, text=text
        )
        found = await _dial(target.address, Trust(fingerprint=found.fingerprint))
    if isinstance(found, DialError):
        raise UnansweredError(_(_DIAL_SENTENCES.get(found.code, str(found.code))))
    try:
        found.welcome = await found.greet()
    except BaseException:
        await found.close()
        raise
    return found, note


async def ask_facts(
    conversation: Conversation, secret: bytes | None, hash_at: int | None = None
) -> events.StatusFacts:
    """What a server says of itself; all of it to whoever has the cluster's secret. Raises UnansweredError."""
    assert conversation.welcome is not None, "it was greeted"
    proof = status_proof(secret, conversation.welcome.nonce) if secret else ""
    request = requests.Status(id=conversation.next_id(), proof=proof, hash_at=hash_at)
    answer = await conversation.ask(request)
    if not isinstance(answer, events.StatusFacts):
        raise UnansweredError(_("it said something that this program does not understand"))
    return answer


async def _dial(address: Address, trust: Trust | None) -> Conversation | DialError:
    conversation = Conversation()
    dialed = await dial(address.host, address.port, lambda: conversation, tls=trust, timeout_s=_ANSWER_S)
    return dialed if isinstance(dialed, DialError) else conversation
