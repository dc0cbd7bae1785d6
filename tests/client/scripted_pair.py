"""A pair made of protocol structs alone, and a wire between it and a conversation that can be cut anywhere.

The two servers share one archive, as if their replication were perfect: what is tested is the client.
"""

import random
from collections import deque
from typing import TypeVar

from server.client.conversation import Conversation
from server.client.effects import Close, Dial, KeepPiece, ReadPiece, Write
from server.client.identity import Identity
from server.client.notices import AnyNotice, Arrived, Stored
from server.client.outbox import Draft
from server.client.settings import ConversationSettings
from server.protocol import events, requests
from server.protocol.connection import BadFrame, ServerConnection
from server.protocol.events import Event, Message
from server.protocol.facts import MemberMark, RoomFacts, ServerFacts
from server.protocol.frames import encode_frame
from server.protocol.request import Request
from server.protocol.requests import Cursor
from tests.client.scripted_answers import receipts, welcome

N = TypeVar("N", bound=AnyNotice)

EPOCH = "1.a.0"
ADDRESSES = {"a": "127.0.0.1:7000", "b": "127.0.0.1:7001"}
IDENTITY = Identity(name="anna", device="0" * 32, secret="0" * 64)


def draft(counter: int, text: str = "", room: str = "general") -> Draft:
    return Draft(counter=counter, room=room, text=text or f"line {counter}", time_ms=counter)


class ServerSide:
    """One accepted connection."""

    def __init__(self) -> None:
        self.connection = ServerConnection()
        self.is_signed_in = False
        self.is_active = False
        self.sent_index = 0
        self.to_client: deque[bytes] = deque()

    def tell(self, event: Event) -> None:
        self.to_client.append(encode_frame(event))


class ScriptedServer:
    """Answers requests by the book, from the archive of its pair."""

    def __init__(self, name: str, pair: "ScriptedPair") -> None:
        self.name = name
        self.pair = pair
        self.is_up = True
        self.cluster = "c"
        self.sides: dict[int, ServerSide] = {}
        self.asked: list[requests.AnyRequest] = []
        # A stopped process (SIGSTOP) keeps its connections, and reads what came when it goes on.
        self.is_stopped = False
        self.held: list[tuple[ServerSide, bytes]] = []
        # Request kinds that get no answer, or this one.
        self.mute: set[type[Request]] = set()
        self.refusals: dict[type[Request], tuple[str, dict[str, str | int | float]]] = {}

    @property
    def users(self) -> int:
        return sum(side.is_active for side in self.sides.values()) + self.pair.others[self.name]

    @property
    def is_answering(self) -> bool:
        return self.is_up and not self.is_stopped

    def receive(self, link_id: int, data: bytes) -> None:
        if self.is_stopped:
            self.held.append((self.sides[link_id], data))
        else:
            self.process(self.sides[link_id], data)

    def go_on(self) -> None:
        """The process runs again: also what came on links that were closed meanwhile is read."""
        self.is_stopped = False
        held, self.held = self.held, []
        for side, data in held:
            self.process(side, data)
        self.pair.deliver()

    def process(self, side: ServerSide, data: bytes) -> None:
        for request in side.connection.receive(data):
            assert not isinstance(request, BadFrame), request
            self.asked.append(request)
            if type(request) in self.refusals:
                code, arguments = self.refusals[type(request)]
                side.tell(events.Failed(answer=request.id, code=code, arguments=arguments))
            elif type(request) not in self.mute:
                self.answer(side, request)
        self.pair.deliver()

    def answer(self, side: ServerSide, request: requests.AnyRequest) -> None:
        if isinstance(request, requests.Hello):
            side.tell(welcome(request.id, self.name, self.cluster))
        elif isinstance(request, requests.SignIn | requests.Activate):
            self.admit(side, request)
        elif isinstance(request, requests.Send):
            assert side.is_active
            self.store(side, request)
        elif isinstance(request, requests.Mark | requests.Typing):
            assert side.is_active
            side.tell(events.Noted(answer=request.id))
        elif isinstance(request, requests.Receipts):
            side.tell(receipts(request.id, request.room, self.pair.marks))
        elif isinstance(request, requests.Ping):
            side.tell(events.Pong(answer=request.id))
        elif isinstance(request, requests.History):
            assert side.is_active
            senders, rows = events.as_run(self.pair.archive[:2])
            side.tell(
                events.HistoryPage(
                    answer=request.id, room=request.room, senders=senders, rows=rows, is_end=True
                )
            )

    def admit(self, side: ServerSide, request: requests.SignIn | requests.Activate) -> None:
        is_standby = isinstance(request, requests.SignIn) and request.standby
        is_redirected = isinstance(request, requests.SignIn) and request.is_redirected
        if not is_standby and not self.has_room():
            other = self.pair.other_of(self.name)
            if other.is_up and other.has_room() and not is_redirected:
                side.tell(events.GoTo(answer=request.id, address=self.pair.addresses[other.name]))
                return
            if other.is_up:
                refused = events.Failed(answer=request.id, code="server_full", arguments={"retry_s": 2.0})
                side.tell(refused)
                return
        cursor = None if isinstance(request, requests.SignIn) and is_standby else request.cursor
        side.connection.allow_long_frames()
        side.is_signed_in = True
        side.is_active = not is_standby
        side.sent_index = len(self.pair.archive) if cursor is None else cursor.index
        side.tell(
            events.SignedIn(
                answer=request.id,
                user="u",
                name="anna",
                server=self.name,
                standby=is_standby,
                cursor=Cursor(epoch=EPOCH, index=side.sent_index),
                number=side.sent_index,
                archive_number=len(self.pair.archive),
                rooms=[RoomFacts(room="general", name="general", members=2, is_member=True)],
                servers=self.pair.facts(),
            )
        )

    def has_room(self) -> bool:
        return self.users < self.pair.users_max

    def store(self, side: ServerSide, request: requests.Send) -> None:
        message = self.pair.append(IDENTITY.device, request.counter, request.text)
        copies = 2 if self.pair.other_of(self.name).is_up else 1
        side.tell(
            events.Stored(
                answer=request.id,
                counter=request.counter,
                index=message.index,
                number=message.number,
                copies=copies,
            )
        )


class ScriptedPair:
    """Two servers, one archive."""

    def __init__(self, addresses: dict[str, str] | None = None) -> None:
        self.addresses = addresses or dict(ADDRESSES)
        self.archive: list[Message] = []
        self.marks: list[MemberMark] = []
        self.servers = {name: ScriptedServer(name, self) for name in ADDRESSES}
        self.users_max = 100
        # Signed-in people beside the one under test.
        self.others = {"a": 0, "b": 0}

    def other_of(self, name: str) -> ScriptedServer:
        return self.servers["b" if name == "a" else "a"]

    def at(self, address: str) -> ScriptedServer | None:
        name = next((name for name, known in self.addresses.items() if known == address), "")
        return self.servers.get(name)

    def facts(self) -> list[ServerFacts]:
        return [
            ServerFacts(name=server.name, address=self.addresses[server.name], role=role_of(server))
            for server in self.servers.values()
        ]

    def append(self, device: str, counter: int, text: str) -> Message:
        known = [kept for kept in self.archive if (kept.device, kept.counter) == (device, counter)]
        if known:
            return known[0]
        index = len(self.archive) + 1
        message = Message(
            index=index,
            number=index,
            room="general",
            user="u",
            name="anna",
            device=device,
            counter=counter,
            time_ms=0,
            text=text,
        )
        self.archive.append(message)
        return message

    def deliver(self) -> None:
        """Bring every active connection of a running server to the end of the archive."""
        sides = [
            side for server in self.servers.values() if server.is_answering for side in server.sides.values()
        ]
        for side in sides:
            if side.is_active and side.sent_index < len(self.archive):
                for message in self.archive[side.sent_index :]:
                    side.tell(run_of(message))
                side.sent_index = len(self.archive)
                cursor = Cursor(epoch=EPOCH, index=side.sent_index)
                side.tell(events.PositionMoved(cursor=cursor, number=side.sent_index))

    def tell_all(self, event: Event) -> None:
        for server in self.servers.values():
            for side in server.sides.values():
                if server.is_answering and side.is_signed_in:
                    side.tell(event)


def run_of(*messages: Message) -> events.Messages:
    """Messages of one room as they are delivered."""
    senders, rows = events.as_run(messages)
    return events.Messages(room=messages[0].room, senders=senders, rows=rows)


def role_of(server: ScriptedServer) -> str:
    return "leader" if server.is_up else "away"


class Wire:
    """Carries effects to the pair and bytes back; `now` only moves when a test says so."""

    def __init__(
        self,
        addresses: tuple[str, ...] = (ADDRESSES["a"], ADDRESSES["b"]),
        settings: ConversationSettings | None = None,
        cursor: Cursor | None = None,
        drafts: tuple[Draft, ...] = (),
        cluster: str = "",
        *,
        identity: Identity = IDENTITY,
    ) -> None:
        self.pair = ScriptedPair()
        self.now = 1_000.0
        self.notices: list[AnyNotice] = []
        self.dials: list[str] = []
        self.conversation = Conversation(
            identity,
            addresses,
            cursor=cursor,
            settings=settings or ConversationSettings(),
            rng=random.Random(1),
            drafts=drafts,
            cluster=cluster,
        )
        self.to_servers: deque[Dial | Write | Close] = deque()
        self.for_the_disk: list[ReadPiece | KeepPiece] = []
        self.servers_by_link: dict[int, ScriptedServer] = {}

    def a(self) -> ScriptedServer:
        return self.pair.servers["a"]

    def b(self) -> ScriptedServer:
        return self.pair.servers["b"]

    def take(self) -> None:
        """Move what came out of the conversation onto the wire."""
        for effect in self.conversation.take_effects():
            if isinstance(effect, Dial | Write | Close):
                self.to_servers.append(effect)
            elif isinstance(effect, ReadPiece | KeepPiece):
                self.for_the_disk.append(effect)
            else:
                self.notices.append(effect)

    def carry_one_out(self) -> bool:
        """One effect reaches the network."""
        self.take()
        if not self.to_servers:
            return False
        effect = self.to_servers.popleft()
        if isinstance(effect, Dial):
            self._dial(effect)
            return True
        server = self.servers_by_link.get(effect.link_id)
        if server is None or effect.link_id not in server.sides:
            return True
        if isinstance(effect, Write):
            server.receive(effect.link_id, effect.data)
        else:
            del server.sides[effect.link_id]
        return True

    def carry_one_in(self) -> bool:
        """One frame reaches the conversation."""
        for server in self.pair.servers.values():
            for link_id, side in server.sides.items():
                if side.to_client:
                    self.conversation.link_bytes(link_id, side.to_client.popleft(), self.now)
                    return True
        return False

    def settle(self) -> None:
        """Carry until nothing moves."""
        for _ in range(100_000):
            if not self.carry_one_out() and not self.carry_one_in():
                return
        raise AssertionError("the wire never comes to rest")

    def wait(self, seconds: float) -> None:
        """Let time pass, waking the conversation exactly when it wants."""
        end = self.now + seconds
        for _ in range(100_000):
            self.settle()
            wake = self.conversation.next_wake()
            if wake is None or wake > end:
                self.now = end
                self.settle()
                return
            self.now = max(wake, self.now)
            self.conversation.tick(self.now)
        raise AssertionError("the conversation never rests")

    def connect(self) -> "Wire":
        self.conversation.connect(self.now)
        self.settle()
        return self

    def kill(self, name: str) -> None:
        """The process dies: frames on their way to the client are lost, requests on theirs too."""
        server = self.pair.servers[name]
        server.is_up = False
        server.is_stopped = False
        server.held.clear()
        sides, server.sides = server.sides, {}
        for link_id in sides:
            self.conversation.link_closed(link_id, "lost", self.now)

    def restart(self, name: str) -> None:
        self.pair.servers[name].is_up = True

    def post(self, counter: int, text: str = "hello") -> None:
        """Somebody else writes."""
        self.pair.append("f" * 32, counter, text)
        self.pair.deliver()

    def all_of(self, kind: type[N]) -> list[N]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def arrived(self) -> list[tuple[str, int]]:
        """Identities of all messages that the app was given, in order."""
        return [
            (message.device, message.counter)
            for notice in self.all_of(Arrived)
            for message in notice.messages
        ]

    def stored(self) -> list[int]:
        return [notice.counter for notice in self.all_of(Stored)]

    def _dial(self, effect: Dial) -> None:
        self.dials.append(effect.address)
        server = self.pair.at(effect.address)
        if server is None or not server.is_up:
            self.conversation.dial_failed(effect.link_id, "refused", self.now)
            return
        self.servers_by_link[effect.link_id] = server
        server.sides[effect.link_id] = ServerSide()
        self.conversation.link_opened(effect.link_id, self.now)


def kinds(asked: list[requests.AnyRequest]) -> list[str]:
    """The names of what was asked, in order."""
    return [type(request).__name__ for request in asked]
