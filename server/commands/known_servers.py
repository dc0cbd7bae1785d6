"""The servers that a data folder knows, and how they are trusted: for commands that ask running ones."""

from pathlib import Path
from typing import Final

import msgspec

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import authority_of
from server.cluster.data_folder import Cluster, DataFolder
from server.commands.asking import Target
from server.commands.serving import fail
from server.i18n.translation import _
from server.names.addresses import Address, parse_address
from server.names.fingerprints import parse_fingerprint
from server.network.tls import Trust

# The folders of a pair on one computer.
_BESIDE: Final = {"a": "b", "b": "a"}


def folder_of(data: Path) -> DataFolder:
    """The folder of a server; of a `pair` that of its first one: both share the secret."""
    folder = DataFolder(data)
    if not folder.is_made and DataFolder(data / "a").is_made:
        return DataFolder(data / "a")
    return folder


def trust_in(data: Path | None, fingerprint: str, *, is_plain: bool) -> tuple[Cluster | None, Trust | None]:
    """The cluster in --data, and how servers are known that no invite link names."""
    cluster, trust = None, Trust()
    if data is not None:
        folder = folder_of(data)
        cluster = _with_own_address(folder)
        is_plain = is_plain or cluster.is_plain
        identity = load_identity(folder.certificates)
        if identity is not None:
            trust = Trust(ca_pem=authority_of(identity.chain_pem).decode())
    if fingerprint:
        pin = parse_fingerprint(fingerprint)
        if pin is None:
            fail(_("This is no fingerprint: {text}").format(text=fingerprint), 2)
        trust = Trust(fingerprint=pin)
    return cluster, None if is_plain else trust


def _with_own_address(folder: DataFolder) -> Cluster:
    """Who the server is. One of a `pair` is told its address at a start; the one beside it keeps that."""
    cluster = folder.read()
    beside = DataFolder(folder.path.with_name(_BESIDE.get(folder.path.name, folder.path.name)))
    if not cluster.listen and beside.is_made:
        other = beside.read()
        if other.peer == cluster.server:
            cluster = msgspec.structs.replace(cluster, listen=other.peer_address)
    return cluster


def known_targets(cluster: Cluster | None, trust: Trust | None) -> list[Target]:
    """Those that the folder knows, the first address first; the program ends when there is none."""
    texts = [cluster.listen, cluster.peer_address] if cluster else []
    if cluster and cluster.is_retired:
        # Nobody answers at its own address any more.
        texts = [cluster.peer_address]
    if cluster and not cluster.is_first:
        texts.reverse()
    found = [parse_address(text) for text in texts if text]
    targets = [Target(address, trust) for address in found if isinstance(address, Address)]
    if not targets:
        fail(_("Say which servers: ADDRESS, an invite link, or --data of a pair made with `init`."), 2)
    return targets
