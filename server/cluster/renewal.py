"""A server's own certificate, kept valid while the server runs: renewed, and given to whoever connects next.

The authority stays, and with it the fingerprint that people and links know.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from server.accounts.certificate_files import load_authority, load_identity, save_identity
from server.accounts.certificates import (
    CertificateError,
    ServerIdentity,
    is_renewal_due,
    renew_identity,
)
from server.i18n.marking import marked
from server.i18n.translation import _
from server.network.tls import TlsTerms, renew_terms

_log = logging.getLogger(__name__)

_CHECK_EVERY_S: Final = 24 * 3600.0
_CANNOT: Final = marked(
    "The certificate of this server ends soon and cannot be renewed (%s)."
    " When it has ended, nobody can connect."
)


def valid_identity(folder: Path, now_ms: int) -> ServerIdentity | None:
    """The server's certificate and key, renewed where that is due; None where there is none.

    Raises CertificateError for a damaged one. What cannot be renewed is told, and used while it lasts.
    """
    identity = load_identity(folder)
    if identity is None or not is_renewal_due(identity.chain_pem, now_ms):
        return identity
    try:
        authority = load_authority(folder)
        if authority is None:
            raise CertificateError(_("there is no authority in {folder}").format(folder=folder))
        renewed = renew_identity(authority, identity, now_ms)
        save_identity(folder, renewed)
    except (CertificateError, OSError) as error:
        _log.warning(_CANNOT, str(error))
        return identity
    _log.info("the certificate of this server was renewed")
    return renewed


async def keep_valid(
    folder: Path,
    identity: ServerIdentity,
    now_ms: Callable[[], int],
    terms: Sequence[TlsTerms],
    *,
    every_s: float = _CHECK_EVERY_S,
) -> None:
    """Look once a day, until this is cancelled; `terms` are brought up to date."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(every_s)
        try:
            found = await loop.run_in_executor(None, valid_identity, folder, now_ms())
        except CertificateError as error:
            _log.warning(_CANNOT, str(error))
            continue
        if found is not None and found != identity:
            identity = found
            for one in terms:
                renew_terms(one, identity.chain_pem, identity.key_pem)
