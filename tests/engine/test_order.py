"""The engine keeps the order of a sender, also when answers come too late."""

from tests.engine.test_engine import device, message
from tests.replication.servers import Servers


def test_a_request_that_got_no_answer_in_time_is_not_overtaken() -> None:
    servers = Servers()
    before = servers.start("a")
    servers.wait(0.05)
    before.ask(device())
    servers.settle()
    servers.kill("a")
    server = servers.start("a")
    # The new epoch does not get to the disk: nothing is served, everything waits.
    server.is_disk_stuck = True
    servers.wait(0.05)
    (first,) = server.ask(message(1))
    servers.wait(31)
    assert server.verdict(first) == "unknown"
    (second,) = server.ask(message(2))
    (retried,) = server.ask(message(1))
    server.is_disk_stuck = False
    servers.settle()
    assert server.answers()[retried].number == 1
    assert server.answers()[second].number == 2
