"""What a retired server hands over: all that it alone holds, in order, and nothing that it refused."""

from msgspec.structs import replace

from server.archive.record import Draft, Epoch, Origin, make_records
from server.archive.store import Store, StoreReader, Write
from server.engine.handover import Belongings
from server.state.bodies import FileBody, MessageBody
from tests.replication.servers import Servers
from tests.state.archive_of import act, device, message, room


def part(servers: Servers) -> int:
    """Two servers with one archive lose each other; b goes on alone. Gives where their logs part."""
    for name in ("a", "b"):
        servers.start(name)
    servers.wait(0.1)
    servers.connect()
    servers.running["a"].ask(device(), message(1))
    servers.wait(0.2)
    fork = servers.running["b"].engine.replica.log.last_index
    servers.kill("a")
    servers.wait(0.2)
    return fork


def behind(servers: Servers, name: str, fork: int) -> list[Draft]:
    return list(Belongings(StoreReader(servers.disks[name].durable)).behind(fork))


def test_what_was_stored_alone_is_handed_over_in_order_with_its_origin() -> None:
    servers = Servers()
    fork = part(servers)
    b = servers.running["b"]
    b.ask(device("e", "Eva"), message(2))
    servers.wait(0.2)
    b.ask(message(1, name="e"))
    servers.wait(0.2)
    servers.kill("b")
    drafts = behind(servers, "b", fork)
    assert [draft.id for draft in drafts] == [("e", 0), ("d", 2), ("e", 1)]
    assert [draft.origin.index for draft in drafts if draft.origin] == [fork + 2, fork + 3, fork + 4]
    # Whom the device belonged to there: the name may be taken where it goes.
    assert drafts[0].origin is not None
    assert drafts[0].origin.person == "user-e"


def with_file(counter: int, sha256: str) -> Draft:
    return act("message", counter, MessageBody("general", "", FileBody(sha256, 3, "a.txt")))


def test_the_files_of_all_that_it_holds_are_known() -> None:
    servers = Servers()
    part(servers)
    b = servers.running["b"]
    b.ask(with_file(2, "2" * 64))
    servers.wait(0.2)
    servers.kill("b")
    store = Store(servers.disks["b"])
    last = store.last_record()
    assert last is not None
    never_committed = make_records([with_file(3, "3" * 64)], last.header.epoch, last.index, last.hash)
    waiting = replace(with_file(4, "4" * 64), origin=Origin(Epoch(1, "z", "1"), 9))
    store.commit([Write(records=tuple(never_committed), quarantined=(waiting,))])
    servers.disks["b"].sync()
    found = Belongings(StoreReader(servers.disks["b"].durable)).files()
    assert found == ["2" * 64, "3" * 64, "4" * 64]


def test_what_it_refused_itself_stays_behind() -> None:
    servers = Servers()
    fork = part(servers)
    b = servers.running["b"]
    # The second one loses the race for the name: it is archived and void.
    asked = b.ask(room(2, "tea"), room(3, "tea"))
    servers.wait(0.2)
    assert [b.verdict(asker) for asker in asked][1] == "room_name_taken"
    servers.kill("b")
    assert [draft.id for draft in behind(servers, "b", fork)] == [("d", 2)]


def test_what_was_written_and_never_committed_is_handed_over_too() -> None:
    servers = Servers()
    for name in ("a", "b"):
        servers.start(name)
    servers.wait(0.1)
    servers.connect()
    a, b = servers.running["a"], servers.running["b"]
    a.ask(device(), message(1))
    servers.wait(0.2)
    fork = a.engine.replica.log.last_index
    b.is_disk_stuck = True
    a.ask(message(2))
    servers.wait(0.05)
    servers.kill("a")
    assert [draft.id for draft in behind(servers, "a", fork)] == [("d", 2)]


def test_what_waits_in_the_quarantine_is_handed_over_too() -> None:
    servers = Servers()
    fork = part(servers)
    servers.running["b"].ask(message(2), message(3))
    servers.wait(0.2)
    servers.kill("b")
    # A merge took these out of the log, and the server died before it handed them on.
    store = Store(servers.disks["b"])
    store.commit([Write(cut_to=fork)])
    servers.disks["b"].sync()
    assert store.last_record() is not None
    assert [draft.id for draft in behind(servers, "b", fork)] == [("d", 2), ("d", 3)]


def test_what_waits_and_what_is_in_the_log_come_in_the_order_of_a_merge() -> None:
    servers = Servers()
    fork = part(servers)
    elsewhere = Epoch(1, "z", "1")
    moved = [replace(message(n, name="e"), origin=Origin(elsewhere, n)) for n in (1, 2, 3)]
    b = servers.running["b"]
    # It had signed in here as well, before a merge brought the rest; not all of that is in the log again.
    b.ask(device("e", "Eva"), *moved[:2])
    servers.wait(0.2)
    servers.kill("b")
    Store(servers.disks["b"]).commit([Write(quarantined=(moved[2],))])
    servers.disks["b"].sync()
    assert [draft.id for draft in behind(servers, "b", fork)] == [("e", 0), ("e", 1), ("e", 2), ("e", 3)]
