"""A leader begins: what it has, and what it makes of requests until all of that is folded."""

from server.replication.settings import Settings
from tests.replication.servers import Servers, dual_pair
from tests.simulation.disk import SimulatedDisk
from tests.state.archive_of import device, message, room


def after_a_power_cut(settings: Settings) -> Servers:
    """A room is acknowledged; b comes back, which has it and has not folded it, and a with an empty disk."""
    servers = dual_pair(device())
    (asker,) = servers.running["a"].ask(room(1, "garden"))
    while servers.running["a"].verdict(asker) == "waits":
        assert servers.move()
    servers.running.clear()
    servers.disks["b"].crash(0)
    servers.disks["a"] = SimulatedDisk()
    for name in ("b", "a"):
        servers.start(name, settings)
    servers.link()
    assert "room-d-1" not in servers.running["b"].engine.state.rooms
    return servers


def asked_at_the_begin(servers: Servers) -> list[str]:
    """What becomes of a message for the room, and of one for none."""
    b = servers.running["b"]
    askers = b.ask(message(2, room="room-d-1"), message(3, room="nowhere"))
    servers.wait(0.5)
    return [b.verdict(asker).split()[0] for asker in askers]


def test_what_counts_is_committed_before_another_server_counts_too() -> None:
    # Found by the simulator (seed 40503813).
    servers = after_a_power_cut(Settings(quick_s=0.0))
    b = servers.running["b"]
    # The other one says where it stands before the first epoch of b is on the disk, and confirms nothing yet.
    for server in servers.running.values():
        server.is_disk_stuck = True
    servers.settle()
    for server in servers.running.values():
        server.is_disk_stuck = False
    assert b.sync()
    assert (b.engine.replica.is_serving, b.engine.replica.mode) == (True, "dual")
    assert "room-d-1" in b.engine.state.rooms
    assert asked_at_the_begin(servers) == ["stored", "unknown_room"]
