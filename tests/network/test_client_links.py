"""A conversation on a real loop: real links to scripted servers, plain and TLS."""

import random
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from server.accounts.certificates import fingerprint_of
from server.client.conversation import Conversation
from server.client.notices import (
    Answered,
    AnyNotice,
    Arrived,
    CertificateChanged,
    CertificateUnknown,
    Connected,
    Disconnected,
    QuestionFailed,
    StandbyChanged,
    Stored,
    Taught,
)
from server.client.settings import ConversationSettings
from server.network.client_links import BACKLOG_MAX, ClientLinks
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.protocol import requests
from server.protocol.requests import History, Who
from tests.client.scripted_doors import ScriptedDoors
from tests.client.scripted_pair import IDENTITY, draft
from tests.network.ends import Identity, make_identity
from tests.waiting import wait_until

N = TypeVar("N", bound=AnyNotice)


class Client:
    """A client under test, and everything that it was told."""

    def __init__(self, thread: LoopThread, addresses: list[str], trust: Trust | None) -> None:
        self.notices: list[AnyNotice] = []
        conversation = Conversation(
            IDENTITY, addresses, cursor=None, settings=ConversationSettings(), rng=random.Random(1)
        )
        self.backlog = 0
        self.links = ClientLinks(
            thread,
            conversation,
            self.notices.extend,
            clock=SystemClock(),
            trust=trust,
            backlog=lambda: self.backlog,
        )
        self.links.connect()

    def all_of(self, kind: type[N]) -> list[N]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def wait_for(self, kind: type[N], is_right: Callable[[N], bool] = lambda _: True) -> N:
        found = wait_until(lambda: [n for n in self.all_of(kind) if is_right(n)], what=str(kind))
        return found[-1]

    def stored(self) -> list[int]:
        return [notice.counter for notice in self.all_of(Stored)]


class House:
    """A loop, scripted servers on it, and clients that are stopped at the end."""

    def __init__(self, thread: LoopThread, identity: Identity | None) -> None:
        self.thread = thread
        self.identity = identity
        self.doors = ScriptedDoors(thread, identity.terms if identity else None)
        self.clients: list[Client] = []

    def client(self, trust: Trust | None = None, addresses: list[str] | None = None) -> Client:
        if trust is None and self.identity is not None:
            trust = self.identity.trust
        self.clients.append(Client(self.thread, addresses or self.doors.addresses, trust))
        return self.clients[-1]


@pytest.fixture
def house(carrier: Identity | None) -> Iterator[House]:
    """Servers over plain TCP, and over TLS."""
    yield from _house(carrier)


@pytest.fixture
def tls_house(identity: Identity) -> Iterator[House]:
    """Servers over TLS."""
    yield from _house(identity)


def _house(identity: Identity | None) -> Iterator[House]:
    thread = LoopThread("test-client")
    thread.start()
    house = House(thread, identity)
    try:
        yield house
    finally:
        for client in house.clients:
            client.links.stop()
        house.doors.close()
        thread.stop()


def test_two_links_stand_and_a_burst_of_drafts_is_stored_in_order(house: House) -> None:
    client = house.client()
    assert client.wait_for(Connected).server == "a"
    assert client.wait_for(StandbyChanged).server == "b"
    for counter in range(1, 501):
        client.links.send(draft(counter))
    wait_until(lambda: len(client.stored()) == 500)
    assert [kept.counter for kept in house.doors.pair.archive] == list(range(1, 501))


def test_r0_6_a_dead_server_is_left_for_the_standby_and_comes_back_as_one(house: House) -> None:
    client = house.client()
    client.wait_for(StandbyChanged, lambda notice: notice.server == "b")
    house.doors.pair.servers["a"].mute = {requests.Send}
    for counter in range(1, 21):
        client.links.send(draft(counter))
    house.doors.kill("a")
    wait_until(lambda: client.stored() == list(range(1, 21)))
    house.doors.pair.servers["a"].mute = set()
    house.doors.restart("a")
    client.wait_for(StandbyChanged, lambda notice: notice.server == "a")
    house.doors.post(1, "hello")
    client.wait_for(Arrived, lambda notice: notice.messages[-1].text == "hello")
    assert not client.all_of(Disconnected)


def test_drafts_written_with_no_server_are_stored_once_one_is_there(house: House) -> None:
    house.doors.kill("a")
    house.doors.kill("b")
    client = house.client()
    for counter in range(1, 21):
        client.links.send(draft(counter))
    assert client.wait_for(Disconnected, lambda notice: bool(notice.retry_in_s)).code == "refused"
    house.doors.restart("b")
    client.links.connect()
    wait_until(lambda: client.stored() == list(range(1, 21)))


def test_questions_carry_their_ticket(house: House) -> None:
    client = house.client()
    ticket = client.links.ask(History(id=1, room="general"))
    assert client.wait_for(Answered).ticket == ticket
    house.doors.pair.servers["a"].refusals[requests.Who] = ("unknown_room", {"room": "x"})
    other = client.links.ask(Who(id=1, room="x"))
    assert client.wait_for(QuestionFailed).ticket == other


def test_an_address_that_is_none_is_passed_over(house: House) -> None:
    client = house.client(addresses=["what is this", house.doors.addresses[1]])
    assert client.wait_for(Connected).server == "b"


def test_a_fingerprint_teaches_the_authority_for_both_servers(tls_house: House) -> None:
    assert tls_house.identity is not None
    authority = tls_house.identity.ca_pem
    trust = Trust(fingerprint=fingerprint(tls_house.identity))
    client = tls_house.client(trust, addresses=tls_house.doors.addresses[:1])
    client.wait_for(StandbyChanged, lambda notice: notice.server == "b")
    taught = client.wait_for(Taught, lambda notice: len(notice.addresses) == 2)
    assert taught.authority.split() == authority.split()


def test_an_unknown_certificate_is_asked_about_and_then_trusted(tls_house: House) -> None:
    assert tls_house.identity is not None
    client = tls_house.client(Trust())
    asked = client.wait_for(CertificateUnknown)
    assert bytes.fromhex(asked.fingerprint) == fingerprint(tls_house.identity)
    assert not any(server.asked for server in tls_house.doors.pair.servers.values())
    client.links.trust(Trust(fingerprint=bytes.fromhex(asked.fingerprint)))
    client.wait_for(Connected)


def test_a_changed_certificate_is_a_hard_stop(tls_house: House) -> None:
    client = tls_house.client(make_identity().trust)
    client.wait_for(CertificateChanged)
    client.wait_for(Disconnected, lambda notice: notice.retry_in_s is None)
    assert not any(server.asked for server in tls_house.doors.pair.servers.values())


def test_an_app_that_is_behind_is_not_given_more_until_it_has_caught_up(house: House) -> None:
    client = house.client()
    client.wait_for(StandbyChanged, lambda notice: notice.server == "b")
    client.backlog = BACKLOG_MAX + 1
    house.doors.post(1, "the last before it is seen that the app is behind")
    client.wait_for(Arrived)
    told = len(client.notices)
    house.doors.post(2, "held")
    # What is sent goes out all the same, and its answer is in the kernel when the servers have it.
    client.links.send(draft(1))
    wait_until(lambda: len(house.doors.pair.archive) == 3)
    assert client.notices[told:] == []
    client.backlog = 0
    client.wait_for(Arrived, lambda notice: notice.messages[0].text == "held")
    wait_until(lambda: client.stored() == [1])
    assert not client.all_of(Disconnected)


def test_leaving_signs_out(house: House) -> None:
    client = house.client()
    client.wait_for(StandbyChanged)
    client.links.stop()
    house.clients.remove(client)
    wait_until(lambda: not house.doors.open)
    for server in house.doors.pair.servers.values():
        assert isinstance(server.asked[-1], requests.SignOut)


def fingerprint(identity: Identity) -> bytes:
    return fingerprint_of(identity.authority.certificate_pem)
