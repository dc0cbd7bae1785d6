"""The words of the dialog behind the status bar."""

import msgspec

from desktop_chat.i18n.translation import _, ngettext, number_text
from desktop_chat.view_models.connection import ConnectionState
from desktop_chat.view_models.status_bar import latency_text, role_words, short_server_name


class Detail(msgspec.Struct, frozen=True):
    """One line: what it is about, and what is the case."""

    label: str
    text: str


class ServerDetails(msgspec.Struct, frozen=True):
    """All lines."""

    rows: tuple[Detail, ...]


def build_server_details(state: ConnectionState) -> ServerDetails:
    """The lines of a state."""
    rows = [Detail(_("Connection"), _connection(state))]
    if state.is_connected and state.server_latency_ms is not None:
        rows.append(Detail(_("An answer takes"), latency_text(state.server_latency_ms)))
    for facts in state.servers:
        title = _("Server {name}").format(name=short_server_name(facts.name))
        rows.append(Detail(title, f"{role_words(facts.role)} · {facts.address}"))
    if state.servers:
        rows.append(Detail(_("Safety"), _safety(state)))
    if state.standby:
        spare = _("Server {name} takes over at once.").format(name=short_server_name(state.standby))
        rows.append(Detail(_("If this server fails"), spare))
    rows.append(Detail(_("Messages received"), _archive(state)))
    if state.waiting_count:
        waiting = ngettext("{count} message waits", "{count} messages wait", state.waiting_count)
        rows.append(Detail(_("Outbox"), waiting.format(count=number_text(state.waiting_count))))
    return ServerDetails(tuple(rows))


def _connection(state: ConnectionState) -> str:
    if not state.is_connected:
        return state.refusal or _("No server answers at the moment.")
    return _("Server {name} at {address}").format(name=short_server_name(state.server), address=state.address)


def _safety(state: ConnectionState) -> str:
    if not state.is_connected:
        return _("Not known at the moment.")
    if state.is_waiting_for_other:
        return _("What is written waits for the other server: nothing is stored on one alone.")
    if state.is_on_one_server:
        return _("The chat runs on one server. When the other is back, it catches up by itself.")
    if state.mode == "waiting":
        return _("The servers are finding out which of them leads.")
    return _("Every message is stored on both servers.")


def _archive(state: ConnectionState) -> str:
    archive = max(state.number, state.archive_number)
    return _("{number} of {archive}").format(number=number_text(state.number), archive=number_text(archive))
