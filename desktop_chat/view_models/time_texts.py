"""Times in words: the clock in a bubble, the day of a separator, the short time of a conversation."""

from datetime import UTC, date, datetime, tzinfo

from desktop_chat.i18n.translation import _


def local_time(time_ms: int, zone: tzinfo | None = None) -> datetime:
    """Unix milliseconds as a moment here (or in the given zone)."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(zone)


def clock_text(moment: datetime) -> str:
    """Hours and minutes."""
    return f"{moment:%H:%M}"


def day_text(day: date, today: date) -> str:
    """The words of a day separator."""
    distance = (today - day).days
    if distance == 0:
        return _("Today")
    if distance == 1:
        return _("Yesterday")
    return _("{weekday}, {day} {month} {year}").format(
        weekday=_weekdays()[day.weekday()], day=day.day, month=_months()[day.month - 1], year=day.year
    )


def short_text(moment: datetime, today: date) -> str:
    """The time of a conversation's last line: the clock today, a weekday this week, else the date."""
    distance = (today - moment.date()).days
    if distance <= 0:
        return clock_text(moment)
    if distance < 7:
        return _short_weekdays()[moment.weekday()]
    return f"{moment:%d.%m.%y}"


def moment_text(moment: datetime) -> str:
    """Day and clock in full, for a tooltip."""
    return _("{weekday}, {day} {month} {year}").format(
        weekday=_weekdays()[moment.weekday()],
        day=moment.day,
        month=_months()[moment.month - 1],
        year=moment.year,
    ) + f", {moment:%H:%M:%S}"  # fmt: skip


def _weekdays() -> list[str]:
    return [
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
        _("Sunday"),
    ]  # fmt: skip


def _short_weekdays() -> list[str]:
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


def _months() -> list[str]:
    return [
        _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"),
        _("August"), _("September"), _("October"), _("November"), _("December"),
    ]  # fmt: skip
