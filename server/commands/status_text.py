"""How `status` shows one server: lines for people, plain values for programs."""

from typing import Any, Final

from msgspec.structs import asdict

from server.i18n.state_words import state_word
from server.i18n.translation import _, number_text
from server.protocol import events
from server.protocol.facts import ConnectionFacts
from server.replication.alarms import ALARMS
from server.terminal.printing import printable

# What everybody may know who may ask at all; the rest takes the cluster's secret.
_PUBLIC: Final = ("server", "cluster", "role", "mode", "epoch", "archive_number", "index", "hash")
_OF_THE_WIRE: Final = frozenset({"answer", "bytes"})


def is_complete(facts: events.StatusFacts) -> bool:
    """Whether the server showed everything: who may not see it is told of no places for users."""
    return facts.users_max > 0


def plain_facts(facts: events.StatusFacts) -> dict[str, Any]:
    """All that was told, zeros too; nothing that was not."""
    found = {name: value for name, value in asdict(facts).items() if name not in _OF_THE_WIRE}
    if not is_complete(facts):
        return {name: found[name] for name in _PUBLIC}
    return found | {name: [asdict(item) for item in found[name]] for name in ("servers", "connections")}


def status_lines(
    address: str, facts: events.StatusFacts | None, error: str, whole_index: int = 0
) -> list[str]:
    """The lines about one server; without facts one line that says why there are none.

    `whole_index`: where the longest archive ends, as far as is known.
    """
    if facts is None:
        return [_("{address}  does not answer: {error}").format(address=address, error=printable(error))]
    head = _("{address}  {name}  {role}, {mode}  epoch {epoch}  {number} messages (MA)  record {index}")
    lines = [
        head.format(
            address=address,
            name=printable(facts.server),
            role=printable(state_word(facts.role)),
            mode=printable(state_word(facts.mode)),
            epoch=printable(facts.epoch),
            number=number_text(facts.archive_number),
            index=number_text(facts.index),
        )
    ]
    if is_complete(facts):
        lines += [f"  {line}" for line in _private_lines(facts, whole_index)]
    return lines


def _private_lines(facts: events.StatusFacts, whole_index: int) -> list[str]:
    lines = [
        _("durable up to record {index}, hash {hash}").format(
            index=number_text(facts.durable_index), hash=printable(facts.hash)
        ),
        _("peer {peer}, {users} of {users_max} users, promotions: {promotions}").format(
            peer=_peer(facts), users=facts.users, users_max=facts.users_max, promotions=facts.promotions
        ),
    ]
    if facts.alarm == "refilling" and facts.index < whole_index:
        text = _("alarm: {text} {index} of {whole} records are here.")
        index, whole = number_text(facts.index), number_text(whole_index)
        lines.append(text.format(text=_(ALARMS["refilling"]), index=index, whole=whole))
    elif facts.alarm:
        lines.append(_("alarm: {text}").format(text=_(ALARMS.get(facts.alarm, printable(facts.alarm)))))
    return lines + [_connection(connection) for connection in facts.connections]


def _peer(facts: events.StatusFacts) -> str:
    peer = next((server for server in facts.servers if server.name == facts.peer), None)
    if peer is None:
        return _("none")
    return f"{printable(peer.name)} ({printable(peer.address)}, {printable(state_word(peer.role))})"


def _connection(connection: ConnectionFacts) -> str:
    return _("{user:<20}  {address:<21}  {kind:<7}  MT {number}  lag {lag}  {buffered} bytes unsent").format(
        user=printable(connection.user),
        address=printable(connection.address),
        kind=_("standby") if connection.is_standby else _("active"),
        number=number_text(connection.number),
        lag=number_text(connection.lag),
        buffered=connection.buffered_bytes,
    )
