"""How a program on the command line comes into its chat: where it is, whom it trusts, and as whom."""

import hashlib
import random
import re
import sys
from pathlib import Path

import click
import msgspec
import platformdirs

from server.client.conversation import Conversation
from server.client.identity import Identity
from server.client.reading import START_OF_ARCHIVE
from server.client.settings import ConversationSettings
from server.i18n.translation import _
from server.names.addresses import AddressError, parse_addresses
from server.names.fingerprints import parse_fingerprint
from server.names.invite_links import LinkError, is_invite_link, parse_invite_link
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust, fingerprint_of_pem
from server.protocol import limits
from server.protocol.names import clean_person_name, name_key
from server.terminal.outbox_file import OutboxFile, OutboxFileError
from server.terminal.talk import Talk


class Target(msgspec.Struct, frozen=True):
    """Where the chat is and how its servers are known."""

    addresses: list[str]
    fingerprint: bytes | None
    is_plain: bool
    # That of the invite in the link.
    code: str = ""


def target_of(server: str, fingerprint: str, *, is_plain: bool) -> Target:
    """The servers that were named; raises `click.UsageError`."""
    pin = parse_fingerprint(fingerprint) if fingerprint else None
    if fingerprint and pin is None:
        raise click.BadParameter(_("this is no certificate fingerprint"), param_hint="--fingerprint")
    if is_invite_link(server):
        link = parse_invite_link(server)
        if isinstance(link, LinkError):
            raise click.BadParameter(link.sentence, param_hint="--server")
        addresses = [str(address) for address in link.addresses]
        return Target(addresses, pin or link.fingerprint, link.plain, link.code)
    found = parse_addresses(server)
    if isinstance(found, AddressError):
        raise click.BadParameter(found.sentence, param_hint="--server")
    if is_plain and pin is not None:
        raise click.UsageError(_("--plain and --fingerprint exclude each other."))
    return Target([str(address) for address in found], pin, is_plain)


def open_outbox(data: Path | None, name: str, target: Target) -> OutboxFile:
    """What somebody of this name typed for these servers, and who it is; raises `click.ClickException`."""
    if clean_person_name(name) is None:
        raise click.BadParameter(
            _("1 to 32 letters, digits, spaces and . - _ ' are allowed"), param_hint="--name"
        )
    folder = data or platformdirs.user_data_path("desktop-chat", appauthor=False) / "terminal"
    try:
        outbox = OutboxFile(folder / _file_name(name, target.addresses[0]))
    except OutboxFileError as error:
        raise click.ClickException(_outbox_sentence(error)) from error
    if not _is_same_chat(target, outbox):
        outbox.close()
        # Whoever made this link would be told who we are, and the secret of this device.
        raise click.ClickException(
            _(
                "What is given now does not fit the certificate by which {path} knows these servers. "
                "Nothing was sent. Ask whoever runs the chat; if this is right, start with an empty folder: "
                "--data."
            ).format(path=outbox.path)
        )
    return outbox


def links_of(
    talk: Talk, outbox: OutboxFile, identity: Identity, target: Target, clock: Clock, *, is_full_archive: bool
) -> tuple[LoopThread, ClientLinks]:
    """The way to the servers, and the loop it needs: start the loop, and stop both in the end."""
    known = [address for address in outbox.fact("addresses").split(",") if address]
    conversation = Conversation(
        identity,
        list(dict.fromkeys([*target.addresses, *known])),
        cursor=START_OF_ARCHIVE if is_full_archive else None,
        settings=ConversationSettings(client="terminal", begins_at_mark=True),
        rng=random.SystemRandom(),
        drafts=outbox.drafts(),
        cluster=outbox.fact("cluster"),
    )
    loop_thread = LoopThread("client-network")
    links = ClientLinks(
        loop_thread,
        conversation,
        talk.put,
        clock=clock,
        trust=_trust(target, outbox),
        backlog=talk.backlog,
    )
    return loop_thread, links


def password_from(file: Path | None, *, asks: bool, is_new: bool) -> str:
    """The password, where one is wanted: from a file, or typed where nobody sees it, a new one twice."""
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            text = _("it cannot be read: {detail}").format(detail=error)
            raise click.BadParameter(text, param_hint="--password-file") from error
        password = lines[0] if lines else ""
    elif not (asks or is_new):
        return ""
    elif not sys.stdin.isatty():
        raise click.UsageError(_("There is nobody to ask for a password: give it with --password-file."))
    else:
        again = _("The same password once more") if is_new else False
        password = click.prompt(_("Password"), hide_input=True, confirmation_prompt=again, err=True)
    if not 1 <= len(password) <= limits.PASSWORD_CHARACTERS_MAX:
        text = _("A password has 1 to {limit} characters.").format(limit=limits.PASSWORD_CHARACTERS_MAX)
        raise click.UsageError(text)
    return password


def is_known(target: Target, outbox: OutboxFile) -> bool:
    """Whether the servers' certificate need not be asked about."""
    return _trust(target, outbox) != Trust()


def _is_same_chat(target: Target, outbox: OutboxFile) -> bool:
    """Whether what is given now does not contradict what was trusted before, which nothing replaces."""
    authority = outbox.fact("authority")
    if not authority:
        return True
    return not target.is_plain and target.fingerprint in {None, fingerprint_of_pem(authority)}


def _trust(target: Target, outbox: OutboxFile) -> Trust | None:
    authority = outbox.fact("authority")
    if authority:
        return Trust(ca_pem=authority)
    return None if target.is_plain else Trust(fingerprint=target.fingerprint)


def _file_name(name: str, address: str) -> str:
    # A name is for people; a file name is made of what every file system takes.
    key = name_key(name)
    if not re.fullmatch(r"[a-z0-9_-]+", key):
        key = "name-" + hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key}@{re.sub('[^a-z0-9.-]', '_', address)}.sqlite"


def _outbox_sentence(error: OutboxFileError) -> str:
    if error.code == "in_use":
        return _(
            "{path} is in use: this name is already talking to this server from another terminal. "
            "Use another name, or another folder with --data."
        ).format(path=error.path)
    return _("{path} cannot be used: {detail}. Choose another folder with --data.").format(
        path=error.path, detail=error.detail
    )
