"""Two servers that were cut off from each other, and what must hold when they have met again."""

from server.archive.record import Record
from server.replication.settings import Settings
from tests.replication.drafts import device
from tests.replication.servers import SETTINGS, Server, Servers


def cut_off(settings: Settings = SETTINGS) -> Servers:
    """Two servers that are cut off from each other, each with a person of its own."""
    pair = Servers()
    for name in ("a", "b"):
        pair.start(name, settings)
    pair.connect()
    pair.wait(0.2)
    a, b = pair.running["a"], pair.running["b"]
    a.ask(device("anna"), device("ben"))
    pair.wait(0.2)
    assert {a.engine.replica.mode, b.engine.replica.mode} == {"dual"}
    pair.disconnect()
    pair.wait(1.5)
    assert {a.engine.replica.mode, b.engine.replica.mode} == {"solo"}
    return pair


def sides(pair: Servers) -> tuple[Server, Server]:
    """The server that will lead, and the one that will be merged behind it."""
    a, b = pair.running["a"], pair.running["b"]
    ranked = sorted((a, b), key=lambda server: server.engine.replica.log.epoch)
    return ranked[1], ranked[0]


def log_of(server: Server) -> list[Record]:
    return [record for record in server.reader.all_records() if not record.is_epoch]


def ids(server: Server) -> list[tuple[str, int]]:
    return [record.id for record in log_of(server)]


def check_equal(pair: Servers) -> None:
    a, b = pair.running["a"], pair.running["b"]
    assert [record.hash for record in log_of(a)] == [record.hash for record in log_of(b)]
    assert a.engine.state.digest() == b.engine.state.digest()
    assert not a.reader.quarantine(b"", 1)
    assert not b.reader.quarantine(b"", 1)


def heal(pair: Servers, seconds: float = 0.5) -> None:
    pair.connect()
    pair.wait(seconds)
    check_equal(pair)
