"""Codes as sentences for the terminal: what happened, and what one can do."""

from typing import Final

from server.client.notices import Arguments, CertificateChanged, CertificateUnknown, OtherChat, SignInRefused
from server.i18n.error_texts import error_text
from server.i18n.marking import marked
from server.i18n.translation import _, ngettext
from server.names.fingerprints import fingerprint_text, fingerprint_words

# Why nobody was reached, or a link ended: codes of `server.network.errors` and of the conversation.
_OF_LINKS: Final = {
    "refused": marked("no server listens there"),
    "timeout": marked("there was no answer in time"),
    "unreachable": marked("there is no way to that computer, or no computer of that name"),
    "lost": marked("the connection broke off"),
    "closed": marked("the server closed the connection"),
    "aborted": marked("the connection was dropped"),
    "tls_failed": marked("it does not speak this program's encryption; is it a Desktop Chat server?"),
    "wrong_protocol": marked("it is not a Desktop Chat server"),
    "protocol": marked("the server said something that this program does not understand"),
    "wrong_certificate": marked("the server's certificate is not the one that is trusted"),
    "unknown_certificate": marked("the server's certificate is not known yet"),
    "other_chat": marked("another chat lives there"),
    "signed_out": marked("the server ended the session"),
}


def sentence_of(code: str, arguments: Arguments) -> str:
    """One sentence without its full stop, to stand inside another one."""
    if code in _OF_LINKS:
        return _(_OF_LINKS[code])
    return error_text(code, arguments).removesuffix(".") if code else _("no reason is known")


def nowhere() -> str:
    """Why something was not sent."""
    return _("No conversation is chosen; nothing was sent. /room NAME chooses one.")


def unplaced_lines(count: int) -> str:
    """Said when leaving before it was known where lines belong."""
    text = ngettext(
        "{count} line was not sent: it is not known where it belongs.",
        "{count} lines were not sent: it is not known where they belong.",
        count,
    )
    return text.format(count=count)


def undone_commands(commands: list[str]) -> str:
    """Said when leaving before there was a server that could do what was typed."""
    return _("not done, for it waited in vain: {commands}").format(commands=", ".join(commands))


def waiting_lines(count: int, wait_s: float) -> str:
    """Said at the end of the input, when something is still to come."""
    if not count:
        return _("waiting for the archive; without a server for {wait_s:g} s at most").format(wait_s=wait_s)
    text = ngettext(
        "waiting until {count} line is stored; while no server takes it, for {wait_s:g} s at most",
        "waiting until {count} lines are stored; while no server takes them, for {wait_s:g} s at most",
        count,
    )
    return text.format(count=count, wait_s=wait_s)


def kept_lines(count: int) -> str:
    """Said when leaving with a full outbox."""
    text = ngettext(
        "{count} line is not stored yet; it is kept in the outbox and sent the next time.",
        "{count} lines are not stored yet; they are kept in the outbox and sent the next time.",
        count,
    )
    return text.format(count=count)


def kept_files(names: list[str]) -> str:
    """Said when leaving while files are sent."""
    return _("not sent yet, and sent the next time: {names}").format(names=", ".join(names))


def certificate_question(notice: CertificateUnknown) -> str:
    """Asked before the first connection to a bare address; the answer is the next line."""
    return _(
        "The server at {address} is not known here yet. The fingerprint of its certificate is\n"
        "    {words}\n"
        "    {text}\n"
        "Compare it with the one that its owner tells you. Type {yes} to trust it, anything else to leave."
    ).format(yes=_("yes"), **_certificate_facts(notice))


def unknown_certificate(notice: CertificateUnknown) -> str:
    """Said when nobody can be asked."""
    return _(
        "The server at {address} is not known here yet, and nobody can be asked.\n"
        "The fingerprint of its certificate is {words}\n"
        "If that is the right server, use --fingerprint {text}"
    ).format(**_certificate_facts(notice))


def changed_certificate(notice: CertificateChanged) -> str:
    """A hard stop."""
    return _(
        "The server at {address} shows another certificate than the one that is trusted. Nothing was sent.\n"
        "Either this is another server, or somebody is in between: ask the owner for a new invite link."
    ).format(address=notice.address)


def other_chat(notice: OtherChat) -> str:
    """A hard stop."""
    return _(
        "Another chat ({chat}) than before lives at {address}. Nothing was sent.\n"
        "To join it, use another folder: --data DIR"
    ).format(chat=notice.chat, address=notice.address)


def password_hint(notice: SignInRefused) -> str:
    """What to do when the door wants a password, or another name."""
    hints = {
        "password_needed": _("Start again with --password, or with --register and a name that nobody has."),
        "invite_needed": _("Start again with the whole invite link, and --register."),
        "bad_reset": _("Whoever administers the chat makes a code with `admin reset`."),
        "device_revoked": _("Start again with --password: this computer comes back as a new device."),
        "device_expired": _("Start again with --password: this computer comes back as a new device."),
        "id_reuse": _("Start again: this computer comes as a new device."),
        "name_taken": _("If that is you, start again with --password instead of --register."),
    }
    return hints.get(notice.code, "")


def _certificate_facts(notice: CertificateUnknown) -> dict[str, str]:
    fingerprint = bytes.fromhex(notice.fingerprint)
    return {
        "address": notice.address,
        "words": fingerprint_words(fingerprint),
        "text": fingerprint_text(fingerprint),
    }
