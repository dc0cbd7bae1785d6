"""The question about a certificate that nobody vouched for, where it must come before a password is typed."""

import click

from server.client.notices import CertificateUnknown
from server.commands.on_loop import StoppedError, command_loop
from server.i18n.translation import _
from server.names.addresses import Address, parse_address
from server.network.channel import Channel
from server.network.dialer import dial
from server.network.errors import ClosedReason, DialCode, DialError
from server.network.tls import Trust
from server.terminal.sentences import certificate_question


class _Nobody:
    """The handler of a connection that is never made: without a trust, looking is all that is done."""

    def opened(self, channel: Channel) -> None:
        """Never told."""

    def received(self, data: bytes) -> None:
        """Never told."""

    def resumed(self) -> None:
        """Never told."""

    def closed(self, reason: ClosedReason | None) -> None:
        """Never told."""


def accepted_fingerprint(addresses: list[str]) -> bytes:
    """The fingerprint of the first server that answers, when the person takes it; else this is the end."""
    shown = next(filter(None, map(_shown, addresses)), None)
    if shown is None:
        raise click.ClickException(
            _("No server answers there, and a password is not asked for before its certificate is known.")
        )
    click.echo(certificate_question(shown), err=True)
    answer = click.prompt("", default="", show_default=False, prompt_suffix="> ", err=True)
    if answer.strip().casefold() not in {_("yes"), "yes"}:
        raise click.ClickException(_("The server is not trusted; nothing was sent."))
    return bytes.fromhex(shown.fingerprint)


def _shown(text: str) -> CertificateUnknown | None:
    address = parse_address(text)
    assert isinstance(address, Address), "it was checked before"
    try:
        with command_loop() as loop:
            found = loop.run(dial(address.host, address.port, _Nobody, tls=Trust()))
    except StoppedError as error:
        raise click.Abort from error
    match found:
        case DialError(code=DialCode.UNKNOWN_CERTIFICATE, fingerprint=bytes(shown)):
            return CertificateUnknown(address=text, fingerprint=shown.hex())
        case _:
            return None
