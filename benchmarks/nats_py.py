"""JetStream as a Python program uses it: by nats-py, many publications under way at once."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.closed_loop import Outcome
from benchmarks.jetstream import SUBJECT, cluster, connect
from benchmarks.rival import TEXT
from server.network.loop_thread import LoopThread

NAME = "JetStream R3 by nats-py"
ANSWERED_WITHIN_S = 20.0


@contextmanager
def looping() -> Iterator[LoopThread]:
    """A loop in its thread."""
    thread = LoopThread("nats-py")
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


def measured(windows: tuple[int, ...], seconds: float) -> dict[int, Outcome]:
    """The default sync; the client is at the stream's leader."""
    with cluster(always_syncs=False) as (made, leader), looping() as thread:
        url = f"nats://127.0.0.1:{made.ports[leader]}"
        return {
            window: thread.run_sync(_published(url, window, seconds), seconds + ANSWERED_WITHIN_S)
            for window in windows
        }


async def _published(url: str, window: int, seconds: float) -> Outcome:
    """So many tasks that each publish, wait for the acknowledgement, and publish again."""
    client = await connect([url])
    stream = client.jetstream(timeout=ANSWERED_WITHIN_S)
    latencies: list[float] = []
    began_s = time.perf_counter()
    end_s = began_s + seconds

    async def publish() -> None:
        while (sent_s := time.perf_counter()) < end_s:
            await stream.publish(SUBJECT, TEXT.encode())
            latencies.append(time.perf_counter() - sent_s)

    await asyncio.gather(*(publish() for _ in range(window)))
    took_s = time.perf_counter() - began_s
    await client.close()
    return Outcome(len(latencies) / took_s, 0.0, 0.0, sorted(latencies))
