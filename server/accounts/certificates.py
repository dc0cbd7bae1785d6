"""The cluster's own small certificate authority: ECDSA P-256, made at the first start, bytes in and out.

A server's certificate carries its id as common name. It is valid for both ends of a connection,
because the same server answers clients and dials its peer. Nobody checks host names: what is trusted
is the authority, and an invite link carries its fingerprint.
"""

import dataclasses
import datetime
import hashlib
import ipaddress
from collections.abc import Sequence
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.i18n.translation import _

# The authority is what clients store; it should outlive the machines.
AUTHORITY_YEARS: Final = 30
# A stolen key of a server is worth something for so long at most. It is renewed when a third is left;
# that of one that stood in a cupboard for longer, at its next start.
SERVER_YEARS: Final = 3
# Clocks of two machines differ, and some stand wrong: the first minute of a certificate must be valid at
# the slower one. An early beginning gives nothing away, the keys did not exist then.
_VALID_FROM: Final = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
_YEAR: Final = datetime.timedelta(days=365)


class CertificateError(Exception):
    """Something is no certificate, key or signing request that this cluster can use."""


@dataclasses.dataclass(frozen=True, slots=True)
class Authority:
    """The certificate authority of one cluster. Whoever has `key_pem` can admit servers."""

    certificate_pem: bytes
    key_pem: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class ServerIdentity:
    """A server's own certificate followed by the authority's, and the key."""

    chain_pem: bytes
    key_pem: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class SigningRequest:
    """What a server that joins sends (`request_pem`) and what never leaves it (`key_pem`)."""

    request_pem: bytes
    key_pem: bytes = dataclasses.field(repr=False)


def make_authority(cluster_name: str, now_ms: int) -> Authority:
    """A new authority. Its name is only a label: two clusters may have the same."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(cluster_name)
    public_key = key.public_key()
    certificate = (
        _builder(now_ms, AUTHORITY_YEARS)
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        # It signs servers, never another authority.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(_certificate_pem(certificate), _key_pem(key))


def make_server_identity(
    authority: Authority, server_id: str, addresses: Sequence[str], now_ms: int
) -> ServerIdentity:
    """A key and certificate for a server; `addresses`: its IP addresses, for other programs' sake."""
    request = make_signing_request(server_id)
    chain_pem = sign_request(authority, request.request_pem, server_id, addresses, now_ms)
    return ServerIdentity(chain_pem, request.key_pem)


def is_renewal_due(chain_pem: bytes, now_ms: int) -> bool:
    """Whether less than a third of a server's certificate is left."""
    third = SERVER_YEARS * _YEAR / 3
    return expires_at_ms(chain_pem) - now_ms < third / datetime.timedelta(milliseconds=1)


def renew_identity(authority: Authority, identity: ServerIdentity, now_ms: int) -> ServerIdentity:
    """A new key and certificate for the same server, by the same authority. Raises CertificateError."""
    if fingerprint_of(identity.chain_pem) != fingerprint_of(authority.certificate_pem):
        raise CertificateError(_("the authority is not the one that signed this server's certificate"))
    certificate = _load_chain(identity.chain_pem)[0]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return make_server_identity(authority, _common_name(certificate.subject), addresses, now_ms)


def make_signing_request(server_id: str) -> SigningRequest:
    """The first half of joining: a new key, and the request to be signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder().subject_name(_name(server_id)).sign(key, hashes.SHA256())
    )
    return SigningRequest(request.public_bytes(serialization.Encoding.PEM), _key_pem(key))


def sign_request(
    authority: Authority, request_pem: bytes, server_id: str, addresses: Sequence[str], now_ms: int
) -> bytes:
    """The second half: the chain for the server that asked. Raises CertificateError.

    Only the public key is taken from the request; id, addresses and rights are the signer's own.
    """
    try:
        request = x509.load_pem_x509_csr(request_pem)
        is_signed = request.is_signature_valid
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CertificateError(_("this is no signing request")) from error
    public_key = request.public_key()
    if not is_signed or _common_name(request.subject) != server_id:
        raise CertificateError(_("the signing request is not this server's"))
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or public_key.curve.name != "secp256r1":
        raise CertificateError(_("the signing request has another kind of key"))
    issuer, key = _load_authority(authority)
    certificate = (
        _builder(now_ms, SERVER_YEARS)
        .subject_name(_name(server_id))
        .issuer_name(issuer.subject)
        .public_key(public_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(_alternative_names(addresses), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _certificate_pem(certificate) + authority.certificate_pem


def fingerprint_of(certificate_pem: bytes) -> bytes:
    """The SHA-256 of the last certificate of a chain, which is the authority's: 32 bytes."""
    certificate = _load_chain(certificate_pem)[-1]
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()


def server_id_of(chain_pem: bytes) -> str:
    """The id in a server's certificate."""
    return _common_name(_load_chain(chain_pem)[0].subject)


def authority_of(chain_pem: bytes) -> bytes:
    """The authority's certificate at the end of a chain, as PEM."""
    return _certificate_pem(_load_chain(chain_pem)[-1])


def expires_at_ms(certificate_pem: bytes) -> int:
    """When the first certificate of a chain ends, in milliseconds since 1970."""
    return int(_load_chain(certificate_pem)[0].not_valid_after_utc.timestamp() * 1000)


def _load_chain(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CertificateError(_("this is no certificate")) from error


def _load_authority(authority: Authority) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate = _load_chain(authority.certificate_pem)[0]
    try:
        key = serialization.load_pem_private_key(authority.key_pem, password=None)
    except (ValueError, TypeError) as error:
        raise CertificateError(_("this is no key")) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise CertificateError(_("the authority's key does not fit its certificate"))
    return certificate, key


def _builder(now_ms: int, years: int) -> x509.CertificateBuilder:
    now = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID_FROM)
        .not_valid_after(now + years * _YEAR)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_names(addresses: Sequence[str]) -> x509.SubjectAlternativeName:
    unique = dict.fromkeys(("127.0.0.1", "::1", *addresses))
    return x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), *(x509.IPAddress(ipaddress.ip_address(text)) for text in unique)]
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(found) != 1 or not isinstance(found[0].value, str):
        raise CertificateError(_("the certificate has no name"))
    return found[0].value


def _certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
