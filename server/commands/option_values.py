"""Values of options that several commands take: what is wrong is said before anything is done.

These are callbacks of click; None passes through, for an option that was not given.
"""

import click

from server.i18n.translation import _
from server.names.addresses import Address, AddressError, is_everywhere, parse_address
from server.names.invite_links import CHAT_NAME_CHARACTERS_MAX, is_chat_name
from server.protocol.names import clean_person_name
from server.protocol.one_time_codes import parse_code
from server.torture.faults import ALL, FaultKind, parse_kinds


def own_address(ctx: click.Context, param: click.Parameter, value: str | None) -> Address | None:
    """HOST:PORT of this computer as the other machine can use it; port 0 means a free one."""
    if value is None:
        return None
    address = parse_address(value, allow_free_port=True)
    if isinstance(address, AddressError):
        raise click.BadParameter(address.sentence, ctx, param)
    if is_everywhere(address.host):
        raise click.BadParameter(
            _(
                "{address} means every network card; name the address by which the other machine reaches"
                " this one."
            ).format(address=address),
            ctx,
            param,
        )
    return address


def server_name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """What people call a server: it stands in their status bar."""
    if value is not None and clean_person_name(value) != value:
        raise click.BadParameter(
            _("1 to 32 letters, digits, single spaces and . - _ ' are allowed."), ctx, param
        )
    return value


def chat_name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """What people call the chat: it stands in the title of their window."""
    if value is not None and not (value and is_chat_name(value)):
        raise click.BadParameter(
            _("1 to {limit} characters without control characters are allowed.").format(
                limit=CHAT_NAME_CHARACTERS_MAX
            ),
            ctx,
            param,
        )
    return value


def one_time_code(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """A code as it was printed, or nothing."""
    code = parse_code(value) if value is not None else ""
    if code is None:
        raise click.BadParameter(
            _("this is no code: it has 26 letters and digits, without 0, 1, 8 and 9"), ctx, param
        )
    return code


def fault_kinds(ctx: click.Context, param: click.Parameter, value: str) -> tuple[FaultKind, ...]:
    """Kinds of faults, by their words."""
    try:
        return parse_kinds(value)
    except ValueError as error:
        known = ", ".join([*FaultKind, ALL])
        raise click.BadParameter(_("Known: {known}.").format(known=known), ctx, param) from error
