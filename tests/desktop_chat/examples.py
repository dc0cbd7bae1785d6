"""Messages for tests: one a minute, of one person unless said otherwise."""

from datetime import UTC, date, datetime

from desktop_chat.store.messages import Message

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def message(
    index: int, *, user: str = "ada", text: str = "", minute: int | None = None, copies: int = 2
) -> Message:
    """A message with this index, `minute` minutes after noon (its index, if not given)."""
    minutes = index if minute is None else minute
    return Message(
        index=index,
        number=index,
        room="general",
        user=user,
        name=user.title(),
        device=f"{user}-device",
        counter=index,
        time_ms=round(NOON.timestamp() * 1000) + minutes * 60_000,
        text=text or f"message {index}",
        copies=copies,
    )


def pending(counter: int, *, text: str = "", minute: int = 500) -> Message:
    """What waits in the outbox of the device `me-device`."""
    return Message(
        index=0,
        number=0,
        room="general",
        user="",
        name="",
        device="me-device",
        counter=counter,
        time_ms=round(NOON.timestamp() * 1000) + minute * 60_000,
        text=text or f"pending {counter}",
        copies=0,
    )
