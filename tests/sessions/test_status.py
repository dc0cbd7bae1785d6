"""Status: what is shown to whom."""

import pytest

from server.protocol import events, requests
from server.sessions.status import status_proof
from tests.sessions.scene import SECRET, Client, Scene, codes
from tests.waiting import wait_until

STRANGER = "192.0.2.7"


def status(client: Client, **fields: object) -> events.AnyEvent:
    """The answer, which a worker thread may have to read for."""
    heard = client.ask(requests.Status, **fields)

    def answers() -> list[events.AnyEvent]:
        heard.extend(client.heard())
        return [event for event in heard if isinstance(event, events.StatusFacts | events.Failed)]

    (answer,) = wait_until(answers)
    return answer


def facts(client: Client, **fields: object) -> events.StatusFacts:
    answer = status(client, **fields)
    assert isinstance(answer, events.StatusFacts), answer
    return answer


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_this_computer_sees_the_outlines(scene: Scene, address: str) -> None:
    client = scene.client(address)
    client.greet()
    found = facts(client)
    assert (found.role, found.mode, found.index, found.archive_number) == ("leader", "solo", 1, 0)
    # Good for comparing, and for nothing else.
    assert found.hash not in {"", scene.state.hash.hex()}
    assert (found.durable_index, found.users_max, found.connections, found.servers) == (0, 0, [], [])


@pytest.mark.parametrize("address", [STRANGER, "2001:db8::1", "::ffff:192.0.2.7", "fe80::1%eth0"])
def test_a_stranger_from_elsewhere_sees_nothing(scene: Scene, address: str) -> None:
    client = scene.client(address)
    client.greet()
    answer = status(client)
    assert isinstance(answer, events.Failed)
    assert answer.code == "forbidden"
    assert client.channel.end == ""


@pytest.mark.parametrize("address", ["127.0.0.1", STRANGER])
def test_who_proves_the_secret_sees_everything(scene: Scene, address: str) -> None:
    anna = scene.client()
    anna.sign_in("Anna")
    client = scene.client(address)
    proof = status_proof(SECRET, client.greet().nonce)
    found = facts(client, proof=proof)
    assert (found.durable_index, found.users, found.users_max) == (scene.state.index, 1, 100)
    assert [(c.user, c.is_standby, c.lag) for c in found.connections] == [("Anna", False, 0)]
    assert [server.name for server in found.servers] == ["a"]


@pytest.mark.parametrize("proof", ["x", "0" * 64, "é"])
def test_a_wrong_proof_is_none(scene: Scene, proof: str) -> None:
    here, away = scene.client(), scene.client(STRANGER)
    here.greet()
    away.greet()
    assert facts(here, proof=proof).users_max == 0
    assert codes([status(away, proof=proof)]) == ["forbidden"]


def test_a_proof_is_good_for_its_own_connection_only(scene: Scene) -> None:
    first, second = scene.client(), scene.client()
    proof = status_proof(SECRET, first.greet().nonce)
    second.greet()
    assert facts(second, proof=proof).users_max == 0


def test_who_is_signed_in_sees_the_outlines_from_anywhere(scene: Scene) -> None:
    client = scene.client(STRANGER)
    client.sign_in("Anna")
    assert facts(client).users_max == 0


def test_the_hash_at_an_index_is_told_and_beyond_the_end_refused(scene: Scene) -> None:
    client = scene.client()
    proof = status_proof(SECRET, client.greet().nonce)
    other = scene.client()
    other.sign_in()
    end = scene.state.index
    assert facts(client, hash_at=end, proof=proof).hash == scene.state.hash.hex()
    assert facts(client, hash_at=1, proof=proof).hash not in {"", scene.state.hash.hex()}
    assert facts(client, hash_at=0, proof=proof).hash == ""
    assert codes([status(client, hash_at=end + 1)]) == ["unknown_index"]
    # Whoever is signed in can compare, and cannot try what somebody else's message might say.
    told = [facts(one, hash_at=index).hash for one in (client, other) for index in (end, 1)]
    assert told[:2] == told[2:]
    assert len({*told, scene.state.hash.hex()}) == 3


def test_a_slow_reader_shows_its_lag(scene: Scene) -> None:
    slow, writer, operator = scene.client(), scene.client(), scene.client()
    slow.sign_in("Slow")
    writer.sign_in("Anna")
    slow.channel.is_paused = True
    for counter in (1, 2):
        writer.ask(requests.Send, counter=counter, room="general", text="x", time_ms=1)
        scene.commit()
    proof = status_proof(SECRET, operator.greet().nonce)
    lags = {c.user: (c.number, c.lag) for c in facts(operator, proof=proof).connections}
    assert lags == {"Slow": (0, 2), "Anna": (2, 0)}
