"""The local network: what is announced on it is found, with real multicast on the loopback interface."""

import asyncio
import secrets
import socket
from collections.abc import Iterator

import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from server.names import local_network
from server.names.addresses import Address
from server.names.announcements import SERVICE_TYPE, Announcement
from server.names.local_network import announce, find_chats
from server.network.loop_thread import LoopThread
from tests.waiting import DEADLINE_S, wait_until

# Of this run alone: others on this machine may be announcing at the same time.
CLUSTER = secrets.token_hex(8)
GOOD = Announcement("Família ❤", CLUSTER, bytes(32), (Address("10.0.0.1", 7000),))


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    found = LoopThread("local-network-test")
    found.start()
    yield found
    found.stop()


def found_on(thread: LoopThread) -> list[Announcement]:
    """One look at the network; the chats of other tests are not meant."""
    found = thread.run_sync(find_chats(1.0), DEADLINE_S)
    return [chat for chat in found if chat.cluster == CLUSTER]


def begin(thread: LoopThread, instance: str, said: list[Announcement]) -> "asyncio.Task[None]":
    """A server that announces the last of these."""

    async def start() -> "asyncio.Task[None]":
        return asyncio.get_running_loop().create_task(announce("127.0.0.1", 7000, instance, lambda: said[-1]))

    return thread.run_sync(start(), DEADLINE_S)


def end(thread: LoopThread, task: "asyncio.Task[None]") -> None:
    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    thread.run_sync(stop(), DEADLINE_S)


def test_what_is_announced_is_found_until_it_says_goodbye(thread: LoopThread) -> None:
    task = begin(thread, "aaaa", [GOOD])
    wait_until(lambda: found_on(thread) == [GOOD], what="the announcement is found")
    end(thread, task)
    assert found_on(thread) == []


def test_the_servers_of_a_pair_are_found_as_one_chat(thread: LoopThread) -> None:
    second = Announcement(GOOD.chat, CLUSTER, GOOD.fingerprint, (Address("10.0.0.2", 7000),))
    both = Announcement(GOOD.chat, CLUSTER, GOOD.fingerprint, (*GOOD.addresses, *second.addresses))
    tasks = [begin(thread, "aaaa", [GOOD]), begin(thread, "bbbb", [second])]
    wait_until(lambda: found_on(thread) == [both], what="both are found")
    for task in tasks:
        end(thread, task)


def test_another_second_server_is_announced_after_a_while(
    thread: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_network, "_LOOK_EVERY_S", 0.1)
    said = [GOOD]
    task = begin(thread, "aaaa", said)
    wait_until(lambda: found_on(thread) == [GOOD], what="the first announcement is found")
    said.append(Announcement(GOOD.chat, CLUSTER, GOOD.fingerprint, (Address("10.0.0.9", 7000),)))
    wait_until(lambda: found_on(thread) == said[1:], what="the second announcement is found")
    end(thread, task)


def test_what_somebody_else_announces_under_our_service_is_passed_over(thread: LoopThread) -> None:
    async def shout() -> tuple[AsyncZeroconf, AsyncServiceInfo]:
        network = AsyncZeroconf(interfaces=["127.0.0.1"])
        info = AsyncServiceInfo(
            SERVICE_TYPE,
            f"{CLUSTER}-liar.{SERVICE_TYPE}",
            port=1,
            properties={"v": "1", "chat": "a\u202eb", "cluster": CLUSTER, "ca": "", "at0": "x:1"},
            addresses=[socket.inet_aton("127.0.0.1")],
        )
        await (await network.async_register_service(info))
        return network, info

    network, _info = thread.run_sync(shout(), DEADLINE_S)
    task = begin(thread, "aaaa", [GOOD])
    wait_until(lambda: found_on(thread) == [GOOD], what="only the honest one is found")
    end(thread, task)
    thread.run_sync(network.async_close(), DEADLINE_S)


@pytest.mark.parametrize("error", [OSError(101, "Network is unreachable"), RuntimeError("planted")])
def test_a_network_without_multicast_is_one_line_in_the_log_and_nothing_more(
    thread: LoopThread,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(local_network, "AsyncZeroconf", fail)
    task = begin(thread, "aaaa", [GOOD])
    wait_until(task.done)
    assert task.exception() is None
    (line,) = caplog.messages
    assert line.startswith("This server is not announced on the local network (")
