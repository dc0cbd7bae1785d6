"""The crowd: all senders and readers of a run, and what they together see of the pair."""

import asyncio
import secrets
from collections import Counter
from typing import Final

from server.torture.clients import Client, Way
from server.torture.history import History, ReaderHistory, SenderHistory
from server.torture.plan import Plan
from server.torture.readers import Reader
from server.torture.senders import Sender

READERS_A_SERVER: Final = 2
_STOP_S: Final = 5.0
# A message waits for its answer as long as this on a busy machine.
_WAITING_S: Final = 0.25


class Crowd:
    """Made on any thread; each client runs on the loop of `way`."""

    def __init__(self, plan: Plan, way: Way) -> None:
        senders = [
            SenderHistory(f"sender-{number}", secrets.token_hex(16)) for number in range(1, plan.senders + 1)
        ]
        readers = [ReaderHistory(f"reader-{number}") for number in range(1, 2 * READERS_A_SERVER + 1)]
        self.history: Final = History(senders, readers)
        self._plan: Final = plan
        self._way: Final = way
        self._senders: Final = [Sender(kept, way, place % 2) for place, kept in enumerate(senders)]
        self._readers: Final = [
            Reader(kept, self.history.is_ours, way, place % 2) for place, kept in enumerate(readers)
        ]
        self._clients: Final[list[Client]] = [*self._senders, *self._readers]

    def connect(self) -> None:
        """Everybody signs in."""
        for client in self._clients:
            self._way.thread.call(client.connect)

    def begin(self) -> None:
        """Senders begin to write, evenly spread over the time between two messages of one."""
        begin_s = self._way.clock.monotonic_s()
        every_s = 1 / self._plan.rate_per_s
        for place, sender in enumerate(self._senders):
            share_s = every_s * place / len(self._senders)
            self._way.thread.call(sender.begin, begin_s + share_s, self._plan.rate_per_s)

    def come_home(self) -> None:
        """Everybody goes back to the server that it began with."""
        for client in self._clients:
            self._way.thread.call(client.come_home)

    def end(self) -> None:
        """Senders write no more once this returns."""
        self._way.thread.run_sync(self._end(), _STOP_S)

    async def _end(self) -> None:
        for sender in self._senders:
            sender.end()

    def stop(self) -> None:
        """Everybody signs out."""
        self._way.thread.run_sync(self._stop(), 3 * _STOP_S)

    async def _stop(self) -> None:
        await asyncio.gather(*(client.stopped(_STOP_S) for client in self._clients))

    @property
    def is_ready(self) -> bool:
        """Whether everybody is signed in, with the other server in reserve."""
        return all(client.server and client.standby for client in self._clients)

    @property
    def places(self) -> dict[str, int]:
        """How many clients are at each server."""
        return dict(Counter(client.server for client in self._clients))

    @property
    def is_answered(self) -> bool:
        """Whether everything that was sent is acknowledged (or was refused), and shown to every reader."""
        refused = sum(len(sender.refused) for sender in self.history.senders)
        settled = self.history.acknowledged_count + refused
        shown = min(len(reader.shown) for reader in self.history.readers)
        return settled >= self.history.sent_count and shown >= self.history.acknowledged_count

    @property
    def is_flowing(self) -> bool:
        """Whether nobody waits for more answers than are always on their way under this load."""
        most = max(_WAITING_S * self._plan.rate_per_s, 2)
        return all(sender.waiting_count <= most for sender in self.history.senders)

    @property
    def is_pair_dual(self) -> bool:
        """Whether all readers say that both servers are there and acknowledge together, and who leads."""
        told = [reader.servers for reader in self._readers]
        are_dual = all(seen is not None and seen.mode == "dual" for seen in told)
        roles = [self._roles(reader) for reader in self._readers]
        return (
            are_dual
            and set(roles[0].values()) == {"leader", "follower"}
            and roles.count(roles[0]) == len(roles)
        )

    def role_of(self, server: str) -> str:
        """What a server is, as a reader heard; away when nobody heard of it."""
        roles = [self._roles(reader).get(server, "away") for reader in self._readers]
        return next((role for role in roles if role != "away"), "away")

    @staticmethod
    def _roles(reader: Reader) -> dict[str, str]:
        return {facts.name: facts.role for facts in reader.servers.servers} if reader.servers else {}

    @property
    def problems(self) -> list[str]:
        """Why somebody cannot go on."""
        return [client.problem for client in self._clients if client.problem]
