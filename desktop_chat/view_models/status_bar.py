"""The status bar as plain data: the connection, the archive's counters, both servers."""

import msgspec

from desktop_chat.i18n.translation import _, ngettext, number_text
from desktop_chat.view_models.connection import ConnectionState


class ServerDot(msgspec.Struct, frozen=True):
    """One server: its short name and whether it is up (None: not known)."""

    name: str
    is_up: bool | None


class StatusBar(msgspec.Struct, frozen=True):
    """What is shown; `mood` is good, warning or bad and decides the colour of the first dot."""

    mood: str
    connection: str
    archive: str
    servers: tuple[ServerDot, ...]
    pair: str
    connection_words: str
    archive_words: str
    servers_words: str


def build_status_bar(state: ConnectionState) -> StatusBar:
    """The status bar of a state."""
    return StatusBar(
        mood=_mood(state),
        connection=_connection(state),
        archive=_archive(state),
        servers=tuple(
            ServerDot(short_server_name(facts.name), facts.is_up if state.is_connected else None)
            for facts in state.servers
        ),
        pair=_pair(state),
        connection_words=_connection_words(state),
        archive_words=_archive_words(state),
        servers_words=_servers_words(state),
    )


def short_server_name(name: str) -> str:
    """A server's name as the status bar shows it: A, B."""
    return name.upper() if len(name) <= 2 else name


def role_words(role: str) -> str:
    """A server's role in words."""
    words = {
        "leader": _("leader"),
        "follower": _("follower"),
        "learner": _("catching up"),
        "recovering": _("starting"),
        "away": _("not reachable"),
    }
    return words.get(role, role)


def latency_text(latency_ms: float) -> str:
    """Milliseconds: with a digit behind the point when there are few."""
    return f"{latency_ms:.1f} ms" if latency_ms < 10 else f"{latency_ms:.0f} ms"


def _mood(state: ConnectionState) -> str:
    if not state.is_connected:
        return "bad" if state.refusal or state.retry_at_s is not None else "warning"
    return "warning" if state.is_on_one_server or state.mode == "waiting" else "good"


def _connection(state: ConnectionState) -> str:
    if not state.is_connected:
        text = _("Not connected") if state.refusal or state.retry_at_s is not None else _("Connecting…")
        if state.waiting_count:
            waiting = ngettext("{count} message waits", "{count} messages wait", state.waiting_count)
            text += " · " + waiting.format(count=number_text(state.waiting_count))
        return text
    parts = [_("Server {name}").format(name=short_server_name(state.server))]
    if state.role:
        parts.append(role_words(state.role))
    if state.server_latency_ms is not None:
        parts.append(latency_text(state.server_latency_ms))
    return " · ".join(parts)


def _pair(state: ConnectionState) -> str:
    if state.is_connected and state.is_waiting_for_other:
        return _("waiting for the other server")
    return _("running on one server") if state.is_connected and state.is_on_one_server else ""


def _archive(state: ConnectionState) -> str:
    if not state.number and not state.archive_number:
        return ""
    archive = max(state.number, state.archive_number)
    return _("{number} of {archive}").format(number=number_text(state.number), archive=number_text(archive))


def _connection_words(state: ConnectionState) -> str:
    if not state.is_connected:
        return _(
            "There is no connection at the moment. You can read and write; what you write is sent later."
        )
    words = _("You are connected to server {name}.").format(name=short_server_name(state.server))
    if state.server_latency_ms is not None:
        words += " " + _("An answer takes {latency}.").format(latency=latency_text(state.server_latency_ms))
    return words


def _archive_words(state: ConnectionState) -> str:
    if state.is_up_to_date:
        return _("You have received everything up to the last message of the archive.")
    return _("You have received {number} of the archive's {archive} messages so far.").format(
        number=number_text(state.number), archive=number_text(state.archive_number)
    )


def _servers_words(state: ConnectionState) -> str:
    lines = [
        _("Server {name}: {role}").format(name=short_server_name(facts.name), role=role_words(facts.role))
        for facts in state.servers
    ]
    if state.is_waiting_for_other:
        lines.append(_("What is written waits for the other server: nothing is stored on one alone."))
    elif state.is_on_one_server:
        lines.append(_("The chat runs on one server. When the other is back, it catches up by itself."))
    elif state.mode == "dual":
        lines.append(_("Every message is stored on both servers."))
    return "\n".join(lines)
