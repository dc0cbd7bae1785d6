"""The thin banner above the messages: what is the matter, when it is tried again, what one can do."""

import math

import msgspec

from desktop_chat.i18n.translation import _, ngettext
from desktop_chat.view_models.connection import ConnectionState


class Notice(msgspec.Struct, frozen=True):
    """Something to read once. `mood` is bad or info."""

    text: str
    mood: str = "bad"


class Banner(msgspec.Struct, frozen=True):
    """`action` is what the button does: reconnect, rename or dismiss; `mood` warning, bad or info."""

    text: str
    action: str = ""
    action_label: str = ""
    mood: str = "warning"


def build_banner(state: ConnectionState, notice: Notice | None, now_s: float) -> Banner | None:
    """The banner of a state, or none. A lost connection goes before a notice."""
    if state.is_name_refused:
        return Banner(state.refusal, "rename", _("Choose another name"), "bad")
    if state.refusal:
        return Banner(state.refusal, "reconnect", _("Try again"), "bad")
    if not state.is_connected and state.retry_at_s is not None:
        return Banner(_disconnected_text(state.retry_at_s - now_s), "reconnect", _("Reconnect now"))
    if notice is not None:
        return Banner(notice.text, "dismiss", _("Close"), notice.mood)
    return None


def _disconnected_text(rest_s: float) -> str:
    seconds = max(0, math.ceil(rest_s))
    if seconds == 0:
        return _("No server answers. Trying again…")
    text = ngettext(
        "No server answers. What you write is kept and sent later. Next try in {count} second.",
        "No server answers. What you write is kept and sent later. Next try in {count} seconds.",
        seconds,
    )
    return text.format(count=seconds)
