"""What a retired server brings is asked of the engine, as if it were a client of this server."""

import logging
from functools import partial
from typing import Final

from server.archive.record import EPOCH_KIND, Draft
from server.cluster.file_handover import InheritedFiles
from server.cluster.file_messages import FileMessage
from server.cluster.peer_channel import PeerChannel
from server.cluster.peer_frames import HandedOver, HandOver, Known, PeerMessage
from server.engine.round import Answer
from server.i18n.marking import marked
from server.protocol.errors import RemoteProtocolError
from server.replication.messages import SPANS_MAX
from server.sessions.hub import Hub

_log = logging.getLogger(__name__)


class Inheritance:
    """The side that goes on; see `handover`. On the io thread."""

    def __init__(self, hub: Hub) -> None:
        self._hub: Final = hub
        self._files: Final[dict[PeerChannel, InheritedFiles]] = {}

    def begin(self, channel: PeerChannel) -> None:
        """Somebody proved to be a server that was replaced."""
        _log.warning(marked("A server that was replaced is back, and hands over what it alone holds."))
        self._tell_known(channel)

    def take(self, channel: PeerChannel, message: PeerMessage) -> None:
        """Ask the engine for each; raises `RemoteProtocolError` for what is no hand-over."""
        if isinstance(message, FileMessage):
            self._files_of(channel).take(message)
            return
        if not isinstance(message, HandOver) or not all(map(_is_inherited, message.drafts)):
            raise RemoteProtocolError("a retired server has nothing to do but to hand over")
        if not message.drafts:
            self._tell_known(channel)
        for draft in message.drafts:
            self._hub.ask(draft, partial(_answer, channel))
        self._hub.flush_all()

    def end(self, channel: PeerChannel) -> None:
        """Its connection has ended."""
        files = self._files.pop(channel, None)
        if files is not None:
            files.stop()

    def _files_of(self, channel: PeerChannel) -> InheritedFiles:
        found = self._files.get(channel)
        if found is None:
            hub = self._hub
            if hub.files is None:
                raise RemoteProtocolError("there are no files here")
            found = InheritedFiles(hub.files, lambda: hub.state.files, channel.send)
            self._files[channel] = found
        return found

    def _tell_known(self, channel: PeerChannel) -> None:
        last_index = self._hub.delivery.position.index
        spans = [span for span in list(self._hub.state.spans) if span.first_index <= last_index]
        channel.send(Known(tuple(spans[-SPANS_MAX:]), last_index, self._hub.copies_index))


def _is_inherited(draft: Draft) -> bool:
    return draft.origin is not None and draft.kind != EPOCH_KIND


def _answer(channel: PeerChannel, answer: Answer) -> None:
    code = answer.refusal.code if answer.refusal is not None else ""
    channel.send(HandedOver(answer.device, answer.counter, answer.index, code))
