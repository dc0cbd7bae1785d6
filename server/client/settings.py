"""The numbers of a conversation: windows and times, each with its reason."""

import msgspec

from server.protocol import limits


class ConversationSettings(msgspec.Struct, frozen=True):
    """How one client behaves; the defaults are what ships."""

    # What this program calls itself in its hello.
    client: str = "desktop-chat"
    # Unanswered sends: enough to fill a slow line, far below what a server lets wait.
    window: int = 256
    # A second link to the other server, signed in and idle, so that a death costs no handshake.
    has_standby: bool = True
    # Without a cursor, begin behind what the person's other devices have, not at the end of the archive.
    begins_at_mark: bool = False
    # The round trip is shown to a person: every few seconds is fresh enough.
    ping_every_s: float = 5.0
    # A standby link only needs to be known alive.
    standby_ping_every_s: float = limits.PING_EVERY_S
    dead_after_s: float = limits.DEAD_AFTER_S
    # Our server was asked and has said nothing for this long: look whether it hangs.
    doubt_s: float = 1.0
    # A server that seems to hang, or is said to be away, has this long to show life.
    suspect_s: float = 1.5
    # The first server may be slow; after this long the second is tried beside it.
    first_alone_s: float = 1.0
    # The shell bounds a dial and answers; should it ever not, the conversation goes on all the same.
    dial_s_max: float = 15.0
    # A server that accepts but says nothing hangs: its hello takes one round trip.
    welcome_s_max: float = 5.0
    # Signing in may have to wait for a leader.
    sign_in_s_max: float = limits.SIGN_IN_S_MAX
    answer_s_max: float = limits.ANSWER_S_MAX
    # A send that the server could not take now (disk full, no leader) waits this long.
    delay_s: float = 1.0
    # Redials double from the first to the second; jitter halves at most.
    back_off_base_s: float = 0.1
    back_off_cap_s: float = 10.0
    # A server that came back is dialled within this: a crowd that hears of it spreads a little.
    return_spread_s: float = 0.2
    # A server signs in about a thousand people a second, so many of them come over that time. So few of
    # them need not; and a person does not wait for longer than this only because of others.
    spread_s_per_person: float = 0.001
    crowd_free: int = 100
    spread_s_max: float = 5.0
    # A server that sent us away is not asked again before this, unless the other one fails.
    declined_s: float = 5.0
    # ... and if the other one has just died, the one that sent us there will see it soon.
    declined_by_mistake_s: float = 0.05
    # A death is fresh this long: what a server says of the dead one may be out of date.
    fresh_death_s: float = 2.0
