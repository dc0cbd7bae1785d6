"""One row of the message list as plain data: a bubble with what stands around it."""

from datetime import date, tzinfo
from typing import Final

import msgspec

from desktop_chat.i18n.translation import _
from desktop_chat.store.messages import Message
from desktop_chat.view_models.ticks import Tick, tick_of
from desktop_chat.view_models.time_texts import clock_text, day_text, local_time

# Messages of one person within this time stand together under one name.
RUN_MS_MAX: Final = 10 * 60 * 1000


class MessageRow(msgspec.Struct, frozen=True):
    """What is shown of a message. Equal rows look equal, so a layout can be kept by its row."""

    text: str
    user: str
    author: str
    is_own: bool
    time_text: str
    tick: Tick | None = None
    day: str = ""
    starts_run: bool = True
    ends_run: bool = True
    is_first_new: bool = False


class Surroundings(msgspec.Struct, frozen=True):
    """What a row is built from beside its message."""

    previous: Message | None
    following: Message | None
    own_user: str
    today: date
    zone: tzinfo | None = None
    new_from: int = 0


def build_row(message: Message, around: Surroundings) -> MessageRow:
    """The row of a message between its neighbours."""
    moment = local_time(message.time_ms, around.zone)
    is_new_day = around.previous is None or (
        local_time(around.previous.time_ms, around.zone).date() != moment.date()
    )
    is_own = message.is_own(around.own_user)
    is_first_new = 0 < around.new_from == message.index
    return MessageRow(
        text=shown_text(message),
        user=message.user,
        author=message.name,
        is_own=is_own,
        time_text=clock_text(moment),
        tick=tick_of(message.copies) if is_own else None,
        day=day_text(moment.date(), around.today) if is_new_day else "",
        starts_run=is_new_day or is_first_new or not _belong_together(around.previous, message, around),
        ends_run=not _belong_together(message, around.following, around),
        is_first_new=is_first_new,
    )


def shown_text(message: Message) -> str:
    """What a message says, or what stands in the place of a deleted one."""
    return _("This message was deleted.") if message.is_deleted else message.text


def _belong_together(first: Message | None, second: Message | None, around: Surroundings) -> bool:
    if first is None or second is None:
        return False
    both_own = first.is_own(around.own_user) and second.is_own(around.own_user)
    return (
        (both_own or first.user == second.user)
        and abs(second.time_ms - first.time_ms) <= RUN_MS_MAX
        and local_time(first.time_ms, around.zone).date() == local_time(second.time_ms, around.zone).date()
    )
