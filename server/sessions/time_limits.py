"""Time limits: who is too slow to sign in, to end a frame, to read, or says nothing any more."""

from server.protocol import limits
from server.protocol.errors import Refusal
from server.sessions.session import Session
from server.sessions.stages import Stage


def check_times(session: Session, now: float) -> None:
    """Send a client away that broke a limit, in words where it can still read them.

    One that the throttle holds is not read, so its silence is ours.
    """
    if session.is_ending:
        return
    is_signed_in = session.stage >= Stage.ON_STANDBY
    if not is_signed_in and now - session.opened_at > limits.SIGN_IN_S_MAX:
        session.refuse(0, Refusal("too_slow_to_sign_in", {"limit_s": limits.SIGN_IN_S_MAX}))
    elif session.frame_at and not session.is_held and now - session.frame_at > session.frame_s_max:
        session.refuse(0, Refusal("frame_too_slow"))
    elif not session.is_held and now - session.heard_at > limits.DEAD_AFTER_S:
        session.refuse(0, Refusal("silent", {"limit_s": limits.DEAD_AFTER_S}))
    elif not session.is_paused:
        session.blocked_at = 0.0
    elif not session.blocked_at:
        session.blocked_at = now
    elif now - session.blocked_at > limits.BLOCKED_READER_S_MAX:
        session.abort()
