"""What a terminal client knows about its connection: for `/status`, and to know when it is done."""

import msgspec

from server.client.notices import (
    AnyNotice,
    Connected,
    Disconnected,
    LatencyMeasured,
    PositionMoved,
    PresenceChanged,
    ServersChanged,
    StandbyChanged,
    Stored,
)
from server.i18n.state_words import state_word
from server.i18n.translation import _, ngettext, number_text
from server.protocol.facts import ServerFacts


class ConnectionFacts(msgspec.Struct):
    """As told by the notices so far."""

    server: str = ""
    address: str = ""
    standby: str = ""
    mode: str = ""
    servers: list[ServerFacts] = []
    latency_s: float | None = None
    index: int = 0
    number: int = 0
    archive_number: int = 0
    is_level: bool = False
    stored_index: int = 0
    online: int = 0
    members: int = 0

    def note(self, notice: AnyNotice) -> None:
        """Take in what a notice says."""
        match notice:
            case Connected():
                self.server, self.address = notice.server, notice.address
            case Disconnected():
                self.server, self.latency_s = "", None
            case StandbyChanged():
                self.standby = notice.server
            case ServersChanged():
                self.servers, self.mode = notice.servers, notice.mode
            case LatencyMeasured():
                self.latency_s = notice.latency_s
            case PresenceChanged():
                self.online, self.members = notice.online, notice.members
            case Stored():
                self.stored_index = max(self.stored_index, notice.index)
            case PositionMoved():
                self.index = notice.cursor.index
                self.number, self.archive_number = notice.number, notice.archive_number
                self.is_level = notice.number >= notice.archive_number
            case _:
                pass

    @property
    def has_seen_what_it_stored(self) -> bool:
        """Whether delivery has passed the last line that was stored for us."""
        return self.index >= self.stored_index

    def lines(self, waiting: int) -> list[str]:
        """For people; `waiting` lines are in the outbox."""
        lines = [self._server_line()]
        if self.server and self.servers:
            # Of servers that nobody answers for nothing is known.
            marks = "  ".join(map(_server_mark, self.servers))
            mode = state_word(self.mode) or "?"
            lines.append(_("servers: {marks}  ({mode})").format(marks=marks, mode=mode))
        lines.append(
            _("archive: {number} of {archive_number} messages are here").format(
                number=number_text(self.number), archive_number=number_text(self.archive_number)
            )
        )
        if self.members:
            lines.append(
                _("people: {online} of {members} online").format(online=self.online, members=self.members)
            )
        if waiting:
            text = ngettext("outbox: {count} line waits", "outbox: {count} lines wait", waiting)
            lines.append(text.format(count=waiting))
        return lines

    def _server_line(self) -> str:
        if not self.server:
            return _("not connected")
        latency = f", {self.latency_s * 1000:.1f} ms" if self.latency_s is not None else ""
        standby = _(", {standby} stands by").format(standby=self.standby) if self.standby else ""
        return _("connected to {server} at {address}{latency}{standby}").format(
            server=self.server, address=self.address, latency=latency, standby=standby
        )


def _server_mark(server: ServerFacts) -> str:
    return f"{server.name} {'●' if server.is_up else '○'} {state_word(server.role)}"
