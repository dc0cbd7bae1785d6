"""`status`: facts about running servers, and whether their archives are equal."""

import asyncio
from pathlib import Path
from typing import Final

import click
import msgspec

from server.cluster.data_folder import Cluster, DataFolder
from server.commands.asking import Conversation, Target, UnansweredError, ask_facts, open_conversation
from server.commands.known_servers import known_targets, trust_in
from server.commands.on_loop import StoppedError, command_loop
from server.commands.retiring import retired_sentence
from server.commands.serving import fail, told_errors
from server.commands.status_text import plain_facts, status_lines
from server.i18n.translation import _, number_text, use_language
from server.names.addresses import AddressError, parse_addresses
from server.names.invite_links import LinkError, is_invite_link, parse_invite_link
from server.network.tls import Trust
from server.protocol import events

_WATCH_EVERY_S: Final = 1.0


class ServerStatus(msgspec.Struct, frozen=True):
    """What one server said, or why it said nothing. `is_retired`: it was not asked, `error` says why."""

    address: str
    facts: events.StatusFacts | None = None
    error: str = ""
    is_retired: bool = False


class PairStatus(msgspec.Struct, frozen=True):
    """All of them. `archives_equal` None: there were no two archives to compare."""

    servers: list[ServerStatus]
    archives_equal: bool | None = None
    compared_index: int = 0


@click.command(
    epilog="""\b
Examples:
  python -m server status 127.0.0.1:7000 127.0.0.1:7001
  python -m server status --data /srv/chat --watch
  python -m server status 'desktop-chat://10.0.0.1:7000,10.0.0.2:7000/?ca=...' --json
"""
)
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A server's data folder: its secret shows everything, its authority is the trust.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object, with --watch one a line.")
@click.option("--watch", is_flag=True, help="Again every second until Ctrl-C.")
@click.option("--plain", is_flag=True, help="No encryption; only for servers on this computer.")
@click.option("--fingerprint", default="", help="Trust the servers with this certificate fingerprint.")
def command(
    *,
    addresses: tuple[str, ...],
    data: Path | None,
    is_json: bool,
    watch: bool,
    plain: bool,
    fingerprint: str,
) -> None:
    """Show how running servers are, and whether their archives are equal.

    ADDRESS is HOST:PORT or an invite link; without any, both servers that --data knows. Without
    --data only role, mode, epoch and the length of the archive are shown, and only to this computer.
    """
    if is_json:
        # For programs: in one language, whoever starts them.
        use_language("en")
    with told_errors(), command_loop() as loop:
        cluster, trust = trust_in(data, fingerprint, is_plain=plain)
        targets = [target for text in addresses for target in _targets(text, trust)]
        retired = _retired(data, cluster) if not targets else []
        targets = targets or known_targets(cluster, trust)
        secret = bytes.fromhex(cluster.secret) if cluster else None
        noted: set[str] = set()
        try:
            while True:
                status, notes = loop.run(ask_all(targets, secret))
                status = msgspec.structs.replace(status, servers=[*retired, *status.servers])
                for note in sorted(notes - noted):
                    click.echo(note, err=True)
                noted |= notes
                _show(status, is_json=is_json, is_watching=watch)
                if not watch:
                    break
                loop.pause(_WATCH_EVERY_S)
        except StoppedError:
            return
    if not any(server.facts for server in status.servers):
        raise SystemExit(1)


def _retired(data: Path | None, cluster: Cluster | None) -> list[ServerStatus]:
    """The server in --data when another one has taken its place."""
    if data is None or cluster is None or not cluster.is_retired:
        return []
    return [ServerStatus(cluster.listen, error=retired_sentence(DataFolder(data), cluster), is_retired=True)]


def _targets(text: str, trust: Trust | None) -> list[Target]:
    """The servers that an argument names."""
    if is_invite_link(text):
        link = parse_invite_link(text)
        if isinstance(link, LinkError):
            fail(link.sentence, 2)
        trust = None if link.plain else Trust(fingerprint=link.fingerprint)
        return [Target(address, trust) for address in link.addresses]
    found = parse_addresses(text)
    if isinstance(found, AddressError):
        fail(found.sentence, 2)
    return [Target(address, trust) for address in found]


async def ask_all(targets: list[Target], secret: bytes | None) -> tuple[PairStatus, set[str]]:
    """Ask all servers at once, then those that answered for the hash where the shortest archive ends."""
    conversations: dict[int, Conversation] = {}
    notes: set[str] = set()

    async def ask_one(place: int, target: Target) -> ServerStatus:
        try:
            conversation, note = await open_conversation(target)
            conversations[place] = conversation
            notes.update({note} - {""})
            return ServerStatus(str(target.address), await ask_facts(conversation, secret))
        except UnansweredError as error:
            return ServerStatus(str(target.address), error=str(error))

    try:
        servers = list(await asyncio.gather(*(ask_one(*item) for item in enumerate(targets))))
        answers = {conversations[n]: server.facts for n, server in enumerate(servers) if server.facts}
        return await _compare(servers, answers, secret), notes
    finally:
        await asyncio.gather(*(conversation.close() for conversation in conversations.values()))


async def _compare(
    servers: list[ServerStatus], answers: dict[Conversation, events.StatusFacts], secret: bytes | None
) -> PairStatus:
    """Equal archives have the same hash where the shorter one ends: the chain binds all before it."""
    if len(answers) < 2:
        return PairStatus(servers)
    index = min(facts.index for facts in answers.values())
    try:
        found = await asyncio.gather(*(ask_facts(one, secret, index) for one in answers))
    except UnansweredError:
        # One of them was cut, or ended, in this very moment.
        return PairStatus(servers)
    places = {(facts.cluster, facts.hash) for facts in found}
    return PairStatus(servers, archives_equal=len(places) == 1, compared_index=index)


def _show(status: PairStatus, *, is_json: bool, is_watching: bool) -> None:
    if is_json:
        servers = [
            {
                "address": server.address,
                "error": server.error,
                **(plain_facts(server.facts) if server.facts else {}),
            }
            for server in status.servers
        ]
        equality = {"archives_equal": status.archives_equal, "compared_index": status.compared_index}
        click.echo(msgspec.json.encode({"servers": servers, **equality}))
        return
    if is_watching:
        click.clear()
    whole_index = max((server.facts.index for server in status.servers if server.facts), default=0)
    for server in status.servers:
        if server.is_retired:
            click.echo(server.error)
            continue
        for line in status_lines(server.address, server.facts, server.error, whole_index):
            click.echo(line)
    index = number_text(status.compared_index)
    if status.archives_equal is None and sum(not server.is_retired for server in status.servers) < 2:
        # Only one was asked for.
        return
    if status.archives_equal is None:
        click.echo(_("The archives cannot be compared: that takes two servers that answer."))
    elif status.archives_equal:
        click.echo(_("The archives are equal up to record {index}.").format(index=index))
    else:
        click.echo(_("The archives DIFFER at or before record {index}.").format(index=index))
