"""How the notices about the connection change what the window knows of it; pure."""

from typing import Final

import msgspec

from desktop_chat.gui_events import GuiEvent
from desktop_chat.i18n.translation import _
from desktop_chat.view_models.connection import ConnectionState
from server.client import notices
from server.i18n.error_texts import error_text

# A refusal of these kinds is about the name: another one helps.
NAME_CODES: Final = frozenset(
    {"bad_name", "wrong_secret", "wrong_person", "too_many_devices", "password_needed"}
)


def changed_connection(state: ConnectionState, event: GuiEvent, now_s: float) -> ConnectionState | None:
    """The state after an event, or None when the event is about something else."""
    replace = msgspec.structs.replace
    match event:
        case notices.Connected():
            return replace(
                state, is_connected=True, server=event.server, address=event.address,
                retry_at_s=None, refusal="", is_name_refused=False,
            )  # fmt: skip
        case notices.Disconnected():
            retry = event.retry_in_s
            return replace(
                state, is_connected=False, retry_at_s=now_s + retry if retry is not None else None,
                reason_code=event.code,
            )  # fmt: skip
        case notices.SignInRefused():
            retry = event.retry_in_s
            return replace(
                state, is_connected=False, refusal=error_text(event.code, event.arguments),
                is_name_refused=event.code in NAME_CODES,
                retry_at_s=now_s + retry if retry is not None else None,
            )  # fmt: skip
        case notices.CertificateChanged():
            return replace(state, refusal=error_text("wrong_certificate", {}))
        case notices.CertificateUnknown():
            return replace(state, refusal=error_text("unknown_certificate", {}))
        case notices.OtherChat():
            return replace(
                state, refusal=_("At {address} there is another chat now.").format(address=event.address)
            )
        case _:
            return _changed_facts(state, event)


def _changed_facts(state: ConnectionState, event: GuiEvent) -> ConnectionState | None:
    replace = msgspec.structs.replace
    match event:
        case notices.PositionMoved():
            return replace(state, number=event.number, archive_number=event.archive_number)
        case notices.ServersChanged():
            return replace(state, servers=tuple(event.servers), mode=event.mode)
        case notices.PresenceChanged():
            return replace(state, members=event.members, online=event.online)
        case notices.StandbyChanged():
            return replace(state, standby=event.server)
        case notices.LatencyMeasured():
            return replace(state, latency_ms=event.latency_s * 1000, latency_server=event.server)
        case _:
            return None
