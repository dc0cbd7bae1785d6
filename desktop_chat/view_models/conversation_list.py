"""The rows of the conversation list: rooms with their last line, time and unread count."""

from collections.abc import Iterable
from datetime import date, tzinfo

import msgspec

from desktop_chat.i18n.translation import _
from desktop_chat.store.messages import Message
from desktop_chat.view_models.message_rows import shown_text
from desktop_chat.view_models.time_texts import local_time, short_text


class Conversation(msgspec.Struct, frozen=True):
    """A room as the cache knows it."""

    room: str
    name: str
    members: int = 0
    last: Message | None = None
    unread: int = 0


class ConversationRow(msgspec.Struct, frozen=True):
    """What is shown of a room."""

    room: str
    title: str
    initial_of: str
    preview: str
    time_text: str
    badge: str
    is_selected: bool


def build_rows(
    conversations: Iterable[Conversation],
    selected: str,
    own_user: str,
    today: date,
    zone: tzinfo | None = None,
) -> list[ConversationRow]:
    """Latest first; rooms without a message behind them by name."""
    ordered = sorted(conversations, key=lambda each: (-(each.last.time_ms if each.last else 0), each.name))
    return [_build_row(each, selected, own_user, today, zone) for each in ordered]


def _build_row(
    conversation: Conversation, selected: str, own_user: str, today: date, zone: tzinfo | None
) -> ConversationRow:
    last = conversation.last
    is_selected = conversation.room == selected
    return ConversationRow(
        room=conversation.room,
        title=f"# {conversation.name}",
        initial_of=conversation.name,
        preview=_preview(last, own_user) if last else _("No messages yet"),
        time_text=short_text(local_time(last.time_ms, zone), today) if last else "",
        badge=_badge(conversation.unread),
        is_selected=is_selected,
    )


def _preview(message: Message, own_user: str) -> str:
    text = " ".join(shown_text(message).split())
    author = _("You") if message.is_own(own_user) else message.name
    return f"{author}: {text}"


def _badge(unread: int) -> str:
    if unread <= 0:
        return ""
    return str(unread) if unread < 100 else "99+"
