"""The header above a conversation: its name and how many people are there."""

import msgspec

from desktop_chat.i18n.translation import _, ngettext, number_text
from desktop_chat.view_models.connection import ConnectionState


class Header(msgspec.Struct, frozen=True):
    """What is shown."""

    title: str
    subtitle: str


def build_header(name: str, state: ConnectionState) -> Header:
    """The header of a room. How many are online is only known while we are."""
    parts = []
    if state.members:
        members = ngettext("{count} member", "{count} members", state.members)
        parts.append(members.format(count=number_text(state.members)))
    if state.is_connected and state.members:
        parts.append(_("{count} online").format(count=number_text(state.online)))
    if not parts:
        parts.append(_("Everybody in this chat"))
    return Header(name, " · ".join(parts))
