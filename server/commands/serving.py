"""What `serve`, `pair` and others share: running a node until it is told to stop."""

import contextlib
import copy
import logging
import logging.handlers
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn

import click

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import CertificateError, fingerprint_of
from server.accounts.proofs import setup_code
from server.archive.disk import DamagedDiskError
from server.cluster.data_folder import Cluster, DataFolder, FolderError, unusable_sentence
from server.commands.last_words import failure_sentence, halt_sentence
from server.config import Config, ConfigError
from server.engine.round import PairState
from server.i18n.marking import marked
from server.i18n.translation import _
from server.names.addresses import Address
from server.names.invite_links import InviteLink
from server.network.clock import SystemClock
from server.network.errors import NetworkError
from server.node import Node
from server.replication import steps

_LOG_BYTES_MAX: Final = 10 * 1024 * 1024
_LOGS_KEPT: Final = 3
# EX_TEMPFAIL of sysexits.h: whoever watches over the server shall start it again, for then it mends itself.
EXIT_DAMAGED: Final = 75

_LEVEL_WORDS: Final = {
    logging.WARNING: marked("Warning"),
    logging.ERROR: marked("Error"),
    logging.CRITICAL: marked("Error"),
}


def fail(text: str, code: int = 1) -> NoReturn:
    """One clear sentence, and the exit code (1: failed, 2: used wrongly)."""
    _say_error(text)
    sys.exit(code)


def _say_error(text: str) -> None:
    click.echo(_("Error: {message}").format(message=text), err=True)


@contextlib.contextmanager
def told_errors() -> Iterator[None]:
    """What can go wrong when a server starts ends in one sentence."""
    try:
        yield
    except ConfigError as error:
        fail(str(error), 2)
    except (FolderError, NetworkError, CertificateError) as error:
        fail(str(error))


def run_node(config: Config, folder: DataFolder, cluster: Cluster) -> int:
    """Run until a signal or the node's own end; gives the exit code. The folder is locked."""
    stop = threading.Event()
    ends: list[steps.Halt] = []

    def ended(reason: steps.Halt | Exception) -> None:
        if isinstance(reason, Exception):
            # Nothing is answered from a damaged archive any more, on no thread; and a failed sync may have
            # dropped what later ones wrote: nothing more may be promised.
            _say_error(failure_sentence(reason, folder.path, has_peer=bool(config.peer)))
            logging.shutdown()
            os._exit(EXIT_DAMAGED if isinstance(reason, DamagedDiskError) else 1)
        ends.append(reason)
        stop.set()

    # The archive and the log are for their owner alone, also in a folder that was there before.
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        _start_logging(folder.log, config.log_level)
    except OSError as error:
        raise FolderError(unusable_sentence(folder.path, error)) from error
    node = Node(config, folder, cluster, SystemClock(), ended=ended, pair_changed=_tell_pair)
    node.start()
    servers = f", servers {node.peer_listen_address}" if config.peer else ""
    # Lines that begin with "ready:", "pair:", "setup:" and "invite:" are for programs: in no language.
    click.echo(f"ready: clients {node.address}{servers}")
    if not folder.read().has_administrator:
        tell_setup(cluster)
    sys.stdout.flush()
    # A wait without a limit cannot be interrupted on Windows.
    while not stop.wait(1.0):
        pass
    node.stop()
    for reason in ends:
        _say_error(halt_sentence(reason))
        return 1
    return 0


def _tell_pair(pair: PairState) -> None:
    click.echo(f"pair: {pair.role}, {pair.mode}")
    sys.stdout.flush()


def invite_link(folder: DataFolder, cluster: Cluster, addresses: list[Address]) -> InviteLink:
    """The link that lets people in, with the trust for both servers."""
    fingerprint = None
    if not cluster.is_plain:
        identity = load_identity(folder.certificates)
        if identity is None:
            raise FolderError(_("There is no certificate in {folder}.").format(folder=folder.certificates))
        fingerprint = fingerprint_of(identity.chain_pem)
    return InviteLink(tuple(addresses), fingerprint, cluster.chat, cluster.is_plain)


def tell_registration(data: Path, *, is_open: bool) -> None:
    """Who gets in."""
    if is_open:
        click.echo(
            _(
                "Open: anybody who can reach this server signs in with just a name."
                " Whoever wants one protected by a password takes it with `chat --register`."
            )
        )
    else:
        program = click.get_current_context().find_root().command_path
        line = f"{program} admin --data {shlex.quote(str(data))} invite"
        click.echo(_("Somebody new needs an invite: {line}").format(line=line))


def tell_setup(cluster: Cluster) -> None:
    """How somebody becomes the first administrator; said as long as there is none."""
    # "setup:" is read by programs: in no language.
    click.echo(f"setup: {setup_code(bytes.fromhex(cluster.secret))}")
    click.echo(_("With this code one person becomes the first administrator: `chat --setup CODE`."))


class SpokenFormatter(logging.Formatter):
    """For whoever sits at the terminal: what is marked is said in their language; the file stays English."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        spoken = copy.copy(record)
        spoken.levelname = _(_LEVEL_WORDS.get(record.levelno, record.levelname))
        spoken.msg = _(str(record.msg))
        if isinstance(record.args, tuple):
            spoken.args = tuple(_(part) if isinstance(part, str) else part for part in record.args)
        return super().format(spoken)


def _is_news(record: logging.LogRecord) -> bool:
    """Not what the program's last words say as well."""
    return not getattr(record, "is_told", False)


class _LineFormatter(logging.Formatter):
    """One line an event: what a stranger made us log cannot look like two, or move a terminal's cursor."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name of logging
        """The line; a traceback comes behind it as it is."""
        line = super().formatMessage(record)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


class _LogFile(logging.handlers.RotatingFileHandler):
    """On a full disk lines are left out: what matters stands on the standard error too."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of logging
        """Other mistakes are shown as always."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def _start_logging(path: Path, level: str) -> None:
    handler = _LogFile(path, maxBytes=_LOG_BYTES_MAX, backupCount=_LOGS_KEPT, encoding="utf-8")
    handler.setFormatter(_LineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.setLevel(level.upper())
    root.addHandler(handler)
    warnings = logging.StreamHandler(sys.stderr)
    warnings.setLevel(logging.WARNING)
    warnings.addFilter(_is_news)
    warnings.setFormatter(SpokenFormatter("%(levelname)s: %(message)s"))
    root.addHandler(warnings)
