"""One link of a conversation: its stage, its bytes, its signs of life.

    DIALING → GREETING → SIGNING_IN → STANDBY → ACTIVATING → ACTIVE
                              └───────────────────────────────↗

`hello` and its welcome are the greeting; a sign-in ends as active or standby; a server that sends
us to the other one may still keep a standby, so SIGNING_IN and ACTIVATING may fall back to it.
"""

from enum import IntEnum, auto
from typing import Final

from server.client.notices import Arguments
from server.protocol.connection import ClientConnection


class Stage(IntEnum):
    """How far a link is."""

    DIALING = auto()
    GREETING = auto()
    SIGNING_IN = auto()
    STANDBY = auto()
    ACTIVATING = auto()
    ACTIVE = auto()


_LEADING: Final = frozenset({Stage.ACTIVATING, Stage.ACTIVE})
_SIGNED_IN: Final = frozenset({Stage.STANDBY, Stage.ACTIVATING, Stage.ACTIVE})


class Link:
    """What is known about one link. Times are on the monotonic clock, in seconds."""

    __slots__ = (
        "address",
        "asked_at",
        "chat",
        "cluster",
        "connection",
        "dialled_at",
        "heard_at",
        "is_standby_wanted",
        "last_arguments",
        "last_words",
        "link_id",
        "ping_at",
        "ping_id",
        "request_id",
        "server",
        "since",
        "stage",
        "suspected_at",
    )

    def __init__(self, link_id: int, address: str, now: float) -> None:
        self.link_id = link_id
        self.address = address
        self.connection = ClientConnection()
        self.stage = Stage.DIALING
        # When this stage began.
        self.since = now
        self.dialled_at = now
        self.heard_at = now
        # The server's name, its cluster and the name of the chat, from its welcome on.
        self.server = ""
        self.cluster = ""
        self.chat = ""
        # The hello, sign-in or activation that has no answer yet.
        self.request_id = 0
        self.is_standby_wanted = False
        # When the next ping goes out, or when the one of `ping_id` went out.
        self.ping_at = now
        self.ping_id = 0
        # Since when something was asked without hearing anything.
        self.asked_at: float | None = None
        # Since when it has to show life: it was asked and said nothing, or is said to be away.
        self.suspected_at: float | None = None
        # The code and arguments with which the server announced the end of the link.
        self.last_words = ""
        self.last_arguments: Arguments = {}

    def enter(self, stage: Stage, now: float) -> None:
        """Begin a stage."""
        self.stage = stage
        self.since = now

    def heard(self, now: float) -> None:
        """Something came: the server lives, whatever others say."""
        self.heard_at = now
        self.asked_at = None
        self.suspected_at = None

    def awaits(self, answer: int) -> bool:
        """Whether an event with this `answer` is that of the hello, sign-in or activation under way."""
        return 0 < answer == self.request_id

    @property
    def is_leading(self) -> bool:
        """Whether this is, or is about to become, the active link."""
        if self.stage is Stage.SIGNING_IN:
            return not self.is_standby_wanted
        return self.stage in _LEADING

    @property
    def is_signed_in(self) -> bool:
        """Whether the server knows who we are."""
        return self.stage in _SIGNED_IN
