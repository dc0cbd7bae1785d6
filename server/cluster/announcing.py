"""What a server says of its chat on the local network, for as long as it runs."""

from collections.abc import Callable
from typing import Final

from server.cluster.data_folder import Cluster
from server.names.addresses import Address, parse_address
from server.names.announcements import Announcement
from server.network.loop_thread import LoopThread


class Announcing:
    """A thread of its own, so that what strangers send to it costs nobody a turn of the loop.

    `listening`: where clients connect; `advertised`: how they reach that, if otherwise.
    `peer_address`: where the other server is, as far as it is known ("").
    """

    def __init__(
        self,
        cluster: Cluster,
        listening: Address,
        advertised: str,
        fingerprint: bytes | None,
        peer_address: Callable[[], str],
    ) -> None:
        self._cluster: Final = cluster
        self._listening: Final = listening
        self._advertised: Final = advertised
        self._fingerprint: Final = fingerprint
        self._peer_address: Final = peer_address
        self._thread: Final = LoopThread("local-network")

    def start(self) -> None:
        """Begin; what goes wrong is a line in the log."""
        self._thread.start()
        self._thread.call(self._begin)

    def stop(self) -> None:
        """Say goodbye to the network."""
        self._thread.stop()

    def describe(self) -> Announcement:
        """What is said of the chat at the moment."""
        own = parse_address(self._advertised or str(self._listening))
        peer = parse_address(self._peer_address())
        known = [address for address in (own, peer) if isinstance(address, Address)]
        cluster = self._cluster
        return Announcement(
            cluster.chat,
            cluster.cluster,
            self._fingerprint,
            tuple(known if cluster.is_first else reversed(known)),
        )

    def _begin(self) -> None:
        # The library is loaded by the few servers that need it.
        from server.names.local_network import announce  # noqa: PLC0415

        self._task = self._thread.loop.create_task(
            announce(self._listening.host, self._listening.port, self._cluster.server, self.describe)
        )
