"""A retired server hands over what it alone holds, says so, and ends; started again it does so again."""

import contextlib
from datetime import UTC, datetime

import click
import msgspec

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import authority_of
from server.archive.belonging import CLUSTER_FACT, ForeignArchiveError, check_belongs
from server.archive.blobs import BlobStore
from server.archive.disk import DiskError, SqliteReader
from server.archive.record import DamagedRecordError
from server.archive.store import StoreReader
from server.cluster.data_folder import Cluster, DataFolder, FolderError
from server.cluster.file_handover import FileHandover
from server.cluster.handover import HandingOver
from server.cluster.peer_side import identity_of
from server.cluster.retirement import Retirement
from server.commands.on_loop import StoppedError, command_loop
from server.config import Config
from server.engine.handover import Belongings
from server.i18n.translation import _, number_text
from server.names.addresses import Address
from server.network.clock import SystemClock
from server.network.tls import TlsTerms, peer_context
from server.sessions.file_store import FileStore


def retire(folder: DataFolder, config: Config) -> int:
    """Hand everything over, however long that takes; gives the exit code. The folder is locked."""
    cluster, address = folder.read(), config.peer_address
    if address is None:
        raise FolderError(_("This server is retired, and does not know where the other one is: --peer."))
    try:
        count = _hand_over(folder, cluster, address)
    except StoppedError:
        click.echo(_("Stopped before everything was handed over. Start it again; nothing is lost."), err=True)
        return 1
    except ForeignArchiveError as error:
        raise folder.foreign_archive(error) from error
    except (DiskError, DamagedRecordError, OSError) as error:
        raise FolderError(_("The archive cannot be read: {error}.").format(error=error)) from error
    with contextlib.suppress(FolderError):
        # Only `status` reads it.
        now_ms = SystemClock().wall_ms()
        folder.update(lambda kept: msgspec.structs.replace(kept, handed_over_ms=now_ms))
    click.echo(
        _(
            "This server is retired: all that it held is in the archive of {name}, on both disks"
            " (requests handed over: {count}). Its data folder {path} may be removed."
        ).format(name=cluster.peer_name, count=number_text(count), path=folder.path),
        err=True,
    )
    return 1


def retired_sentence(folder: DataFolder, cluster: Cluster) -> str:
    """For whoever asks how a server is that was replaced: when, by whom, and what to do with its folder."""
    when = _(" on {time}").format(time=_time_text(cluster.retired_ms)) if cluster.retired_ms else ""
    head = _("{name} was replaced{when}, and serves nobody any more; {peer} goes on.").format(
        name=cluster.name, when=when, peer=cluster.peer_name
    )
    if cluster.handed_over_ms:
        rest = _(
            "All that it alone held was handed over on {time}: its data folder {path} may be removed."
        ).format(time=_time_text(cluster.handed_over_ms), path=folder.path)
    elif _is_running(folder):
        rest = _("It hands over what it alone holds, or waits for {peer} to do so: let it run.").format(
            peer=cluster.peer_name
        )
    else:
        rest = _(
            "Start it once more with `serve --data {path}`: it hands over what it alone holds, and says when"
            " that is done."
        ).format(path=folder.path)
    return f"{head} {rest}"


def _is_running(folder: DataFolder) -> bool:
    try:
        folder.lock()
    except FolderError:
        return True
    folder.unlock()
    return False


def _time_text(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _hand_over(folder: DataFolder, cluster: Cluster, address: Address) -> int:
    """How many requests that were.

    Raises StoppedError, ForeignArchiveError, DiskError, DamagedRecordError.
    """
    belongings = None
    if folder.archive.exists():
        # Opened once: nothing changes in it any more.
        reader = StoreReader(SqliteReader(folder.archive))
        check_belongs(reader.fact(CLUSTER_FACT), cluster.cluster)
        belongings = Belongings(reader)
    files = FileStore(BlobStore(folder.blobs), SystemClock().monotonic_s)
    hashes = belongings.files() if belongings is not None else []
    retirement = Retirement(
        identity_of(cluster),
        address,
        _terms(folder, cluster),
        begin=lambda: _conversation(belongings),
        begin_files=lambda send: FileHandover(files, hashes, send),
        waiting=lambda: _tell_waiting(cluster, address),
        single=lambda: _tell_single(cluster),
    )
    try:
        with command_loop() as loop:
            return loop.run(retirement.hand_over())
    finally:
        files.stop()


def _conversation(belongings: Belongings | None) -> HandingOver:
    if belongings is None:
        return HandingOver((), 0, lambda _fork: iter(()))
    return HandingOver(belongings.spans, belongings.last_index, belongings.behind)


def _tell_waiting(cluster: Cluster, address: Address) -> None:
    text = _(
        "This server is retired. It waits for {name} ({address}), to hand over what it alone holds,"
        " and serves nobody."
    )
    click.echo(text.format(name=cluster.peer_name, address=address), err=True)


def _tell_single(cluster: Cluster) -> None:
    text = _(
        "This server is retired. {name} holds all that it held; it waits until that is on both disks of"
        " the new pair."
    )
    click.echo(text.format(name=cluster.peer_name), err=True)


def _terms(folder: DataFolder, cluster: Cluster) -> TlsTerms | None:
    identity = load_identity(folder.certificates)
    if cluster.is_plain or identity is None:
        return None
    authority = authority_of(identity.chain_pem).decode()
    return peer_context(identity.chain_pem, identity.key_pem, authority, is_server=False)
