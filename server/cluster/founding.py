"""Founding a cluster: its authority, its secret, its first server, and a second one beside it."""

import secrets

import msgspec

from server.accounts.certificate_files import load_authority, save_authority, save_identity
from server.accounts.certificates import Authority, make_authority, make_server_identity
from server.cluster.data_folder import Cluster, DataFolder, FolderError, new_server_id
from server.i18n.translation import _

DEFAULT_CHAT = "Desktop Chat"


def found_cluster(folder: DataFolder, *, name: str, chat: str, is_plain: bool, now_ms: int) -> Cluster:
    """Make the first server of a new cluster in an empty folder; raises `FolderError`."""
    folder.make()
    folder.check_fresh()
    authority = make_authority(chat, now_ms)
    server = new_server_id()
    save_authority(folder.certificates, authority)
    save_identity(folder.certificates, make_server_identity(authority, server, (), now_ms))
    cluster = Cluster(
        cluster=secrets.token_hex(8),
        chat=chat,
        secret=secrets.token_hex(32),
        server=server,
        name=name,
        is_plain=is_plain,
    )
    folder.write(cluster)
    return cluster


def found_second(first: DataFolder, second: DataFolder, *, name: str, now_ms: int) -> tuple[Cluster, Cluster]:
    """Make a second server on the same computer, with the same authority and secret."""
    cluster = first.read()
    authority = authority_in(first)
    second.make()
    second.check_fresh()
    server = new_server_id()
    save_authority(second.certificates, authority)
    save_identity(second.certificates, make_server_identity(authority, server, (), now_ms))
    joined = msgspec.structs.replace(
        cluster,
        server=server,
        name=name,
        peer=cluster.server,
        peer_name=cluster.name,
        peer_address="",
        is_first=not cluster.is_first,
        is_founder=False,
    )
    second.write(joined)
    cluster = msgspec.structs.replace(cluster, peer=server, peer_name=name)
    first.write(cluster)
    return cluster, joined


def authority_in(folder: DataFolder) -> Authority:
    """The cluster's authority; raises `FolderError` when this folder has none."""
    authority = load_authority(folder.certificates)
    if authority is None:
        raise FolderError(
            _(
                "There is no certificate authority in {folder}: this server cannot take in another one."
            ).format(folder=folder.certificates)
        )
    return authority
