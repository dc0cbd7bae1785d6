"""One sentence for every mistake in an address or an invite link, to stand under its field."""

from desktop_chat.i18n.translation import _


def link_error_text(code: str, text: str) -> str:
    """The sentence for a code of `server.names.invite_links`."""
    texts = {
        "no_link": _("An invite link begins with desktop-chat://"),
        "too_long": _("The invite link is too long."),
        "bad_character": _("The invite link has a character that does not belong there: {text}"),
        "bad_ending": _("The invite link has something at its end that does not belong there: {text}"),
        "bad_address": _("The addresses in the invite link are wrong."),
        "unknown_part": _("The invite link has a part that this version does not know: {text}"),
        "part_twice": _("The invite link has a part twice: {text}"),
        "bad_fingerprint": _("The invite link is incomplete or damaged. Copy it again, as a whole."),
        "bad_plain": _("The invite link is damaged. Copy it again, as a whole."),
        "no_trust": _("The invite link is cut off. Copy it again, as a whole."),
        "two_trusts": _("The invite link contradicts itself. Ask for a new one."),
        "bad_name": _("The name of the chat in the invite link is not allowed."),
    }
    return texts.get(code, _("This is no invite link.")).format(text=text)


def address_error_text(code: str, text: str) -> str:
    """The sentence for a code of `server.names.addresses`."""
    texts = {
        "no_address": _("Give an address or an invite link."),
        "no_host": _("The name of the computer is missing before the port: {text}"),
        "bad_host": _("This is not the name or number of a computer: {text}"),
        "is_link": _("This is a link to something else: {text}"),
        "bad_ipv6": _("This is not an address; IPv6 with a port is written [ADDRESS]:PORT: {text}"),
        "bad_port": _("The port is not a number from 1 to 65535: {text}"),
        "same_address": _("The address is given twice: {text}"),
        "too_many_addresses": _("These are more than {text} addresses."),
    }
    return texts.get(code, _("This is no address: {text}")).format(text=text)
