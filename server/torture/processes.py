"""The two servers as processes: killed, started again, watched for an end that nobody ordered."""

from typing import Final

from server.cluster.pair_processes import NAMES, PairProcesses, ServerProcess
from server.i18n.translation import _


class TwoServers:
    """Places are 0 and 1, as in `NAMES`."""

    def __init__(self, pair: PairProcesses) -> None:
        self._pair: Final = pair
        self._killed: set[int] = set()
        self._told: list[ServerProcess] = []

    def start(self) -> None:
        """Start both; raises `FolderError`."""
        self._pair.start()

    def stop(self) -> None:
        """Stop both cleanly."""
        self._pair.stop()

    @property
    def running(self) -> list[int]:
        """The places whose process lives."""
        return [place for place, server in enumerate(self._pair.servers) if server.process.poll() is None]

    def kill(self, place: int) -> None:
        """`kill -9`."""
        self._killed.add(place)
        self._pair.servers[place].kill()

    def start_again(self, place: int) -> None:
        """Start one that was killed; it is ready a moment later."""
        self._pair.servers[place] = self._pair.make(place)
        self._killed.discard(place)

    def new_ends(self) -> list[str]:
        """What a server said that ended by itself, each told once."""
        ends = []
        for place, server in enumerate(self._pair.servers):
            code = server.process.poll()
            if code is not None and place not in self._killed and server not in self._told:
                self._told.append(server)
                text = _("server {name} ended by itself with code {code}: {errors}")
                ends.append(text.format(name=NAMES[place], code=code, errors=server.errors))
        return ends
