"""Looks at a server that only an address is known of: which certificate it shows."""

from collections.abc import Callable

from server.names.addresses import Address
from server.network.channel import Channel
from server.network.dialer import dial
from server.network.errors import ClosedReason, DialCode, DialError
from server.network.loop_thread import LoopThread
from server.network.tls import Trust


class Probe:
    """One look. `on_done(fingerprint, code)` is called on another thread: one of both is empty.

    Call `stop` exactly once, afterwards or instead.
    """

    def __init__(self, address: Address, on_done: Callable[[str, str], None]) -> None:
        self._address = address
        self._on_done = on_done
        self._loop = LoopThread("probe")
        self._loop.start()
        self._loop.call(self._begin)

    def stop(self) -> None:
        """Give up, or tidy up."""
        self._loop.stop()

    def _begin(self) -> None:
        self._task = self._loop.loop.create_task(self._look())

    async def _look(self) -> None:
        found = await dial(self._address.host, self._address.port, _Silent, tls=Trust())
        if isinstance(found, DialError) and found.code is DialCode.UNKNOWN_CERTIFICATE:
            self._on_done(found.fingerprint.hex() if found.fingerprint else "", "")
        elif isinstance(found, DialError):
            self._on_done("", str(found.code))
        else:
            # Without a trust the dialer never hands a channel out.
            found.channel.abort()
            self._on_done("", str(DialCode.TLS_FAILED))


class _Silent:
    """A handler that says nothing: the look ends before there is anything to say."""

    def opened(self, channel: Channel) -> None:
        """Nothing to do."""

    def received(self, data: bytes) -> None:
        """Nothing to do."""

    def resumed(self) -> None:
        """Nothing to do."""

    def closed(self, reason: ClosedReason | None) -> None:
        """Nothing to do."""
