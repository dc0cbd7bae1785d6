"""What was said in an earlier session counts in the one there is now."""

from typing import Final

from server.archive.record import DamagedRecordError
from server.replication.messages import Hello, Message
from server.replication.replica import Replica

TARGET: Final = "server.replication.replica.Replica._receive"


def replacement(self: Replica, message: Message) -> None:
    if isinstance(message, Hello):
        if self.link.their_session:
            self.drop_link("second_hello")
        elif self.link.is_up:
            self._greet(message)
        return
    if not self.link.their_session:
        return
    self.link.heard(self.now, message)
    try:
        self.role.receive(message)
    except DamagedRecordError:
        self.raise_alarm("damaged_link")
        self.drop_link("damaged_link")
