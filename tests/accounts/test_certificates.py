"""Tests of server/accounts/certificates.py: an authority signs its servers and nobody else."""

import datetime
import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from server.accounts.certificates import (
    Authority,
    CertificateError,
    authority_of,
    expires_at_ms,
    fingerprint_of,
    is_renewal_due,
    make_authority,
    make_server_identity,
    make_signing_request,
    renew_identity,
    server_id_of,
    sign_request,
)

NOW_MS = 1_700_000_000_000
YEAR_MS = 365 * 24 * 3600 * 1000
AUTHORITY = make_authority("test", NOW_MS)


def test_the_chain_is_the_server_then_the_authority() -> None:
    identity = make_server_identity(AUTHORITY, "server-a", ["192.0.2.7"], NOW_MS)
    server, authority = x509.load_pem_x509_certificates(identity.chain_pem)
    assert server_id_of(identity.chain_pem) == "server-a"
    assert authority_of(identity.chain_pem) == AUTHORITY.certificate_pem
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == [
        "127.0.0.1",
        "::1",
        "192.0.2.7",
    ]


def test_the_fingerprint_is_the_authoritys() -> None:
    identity = make_server_identity(AUTHORITY, "a", [], NOW_MS)
    der = ssl.PEM_cert_to_DER_cert(AUTHORITY.certificate_pem.decode())
    assert fingerprint_of(identity.chain_pem) == hashlib.sha256(der).digest()
    assert fingerprint_of(AUTHORITY.certificate_pem) == hashlib.sha256(der).digest()


def test_the_authority_outlives_the_machines_and_certificates_begin_before_any_clock() -> None:
    identity = make_server_identity(AUTHORITY, "a", [], NOW_MS)
    assert expires_at_ms(AUTHORITY.certificate_pem) == NOW_MS + 30 * YEAR_MS
    assert expires_at_ms(identity.chain_pem) == NOW_MS + 3 * YEAR_MS
    for certificate in x509.load_pem_x509_certificates(identity.chain_pem):
        assert certificate.not_valid_before_utc == datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


def test_a_certificate_is_due_when_less_than_a_third_of_it_is_left() -> None:
    chain_pem = make_server_identity(AUTHORITY, "a", [], NOW_MS).chain_pem
    for age_ms, is_due in [(0, False), (2 * YEAR_MS, False), (2 * YEAR_MS + 1000, True), (9 * YEAR_MS, True)]:
        assert is_renewal_due(chain_pem, NOW_MS + age_ms) is is_due
    # A clock that fell back to its beginning is no reason.
    assert not is_renewal_due(chain_pem, 0)


def test_a_renewed_certificate_is_the_same_servers_with_another_key() -> None:
    old = make_server_identity(AUTHORITY, "server-a", ["192.0.2.7"], NOW_MS)
    new = renew_identity(AUTHORITY, old, NOW_MS + YEAR_MS)
    assert expires_at_ms(new.chain_pem) == NOW_MS + 4 * YEAR_MS
    assert server_id_of(new.chain_pem) == "server-a"
    assert fingerprint_of(new.chain_pem) == fingerprint_of(old.chain_pem)
    assert new.key_pem != old.key_pem
    names = [
        x509.load_pem_x509_certificates(one.chain_pem)[0]
        .extensions.get_extension_for_class(x509.SubjectAlternativeName)
        .value
        for one in (old, new)
    ]
    assert names[0] == names[1]


def test_another_authority_renews_nothing() -> None:
    identity = make_server_identity(AUTHORITY, "a", [], NOW_MS)
    with pytest.raises(CertificateError, match="not the one that signed"):
        renew_identity(make_authority("test", NOW_MS), identity, NOW_MS)


def test_only_the_authority_may_sign() -> None:
    chain = x509.load_pem_x509_certificates(make_server_identity(AUTHORITY, "a", [], NOW_MS).chain_pem)
    may_sign = [
        certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        for certificate in chain
    ]
    assert may_sign == [False, True]


def test_a_server_that_joins_is_signed_from_its_request() -> None:
    request = make_signing_request("b")
    chain_pem = sign_request(AUTHORITY, request.request_pem, "b", ["::1"], NOW_MS)
    key = serialization.load_pem_private_key(request.key_pem, None)
    certificate = x509.load_pem_x509_certificates(chain_pem)[0]
    assert certificate.public_key() == key.public_key()
    assert server_id_of(chain_pem) == "b"


def test_keys_never_appear_in_a_log() -> None:
    request = make_signing_request("b")
    identity = make_server_identity(AUTHORITY, "a", [], NOW_MS)
    assert not [thing for thing in (AUTHORITY, identity, request) if "PRIVATE" in repr(thing)]


def csr(name: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *, wants_ca: bool = False) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    if wants_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    ("request_pem", "said"),
    [
        (b"", "no signing request"),
        (b"garbage", "no signing request"),
        (AUTHORITY.certificate_pem, "no signing request"),
        (make_signing_request("b").request_pem[:-100], "no signing request"),
        (csr("other", ec.generate_private_key(ec.SECP256R1())), "not this server's"),
        (csr("b", ec.generate_private_key(ec.SECP384R1())), "another kind of key"),
        (csr("b", rsa.generate_private_key(65537, 2048)), "another kind of key"),
    ],
)
def test_a_bad_request_is_refused(request_pem: bytes, said: str) -> None:
    with pytest.raises(CertificateError, match=said):
        sign_request(AUTHORITY, request_pem, "b", [], NOW_MS)


def test_a_request_whose_signature_is_wrong_is_refused() -> None:
    der = bytearray(ssl.PEM_cert_to_DER_cert(as_certificate(make_signing_request("b").request_pem)))
    der[-1] ^= 1
    with pytest.raises(CertificateError):
        sign_request(AUTHORITY, as_request(bytes(der)), "b", [], NOW_MS)


def test_a_request_for_more_rights_gets_a_servers_rights() -> None:
    request_pem = csr("b", ec.generate_private_key(ec.SECP256R1()), wants_ca=True)
    chain_pem = sign_request(AUTHORITY, request_pem, "b", [], NOW_MS)
    certificate = x509.load_pem_x509_certificates(chain_pem)[0]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_a_foreign_key_signs_nothing() -> None:
    other = make_authority("test", NOW_MS)
    mixed = Authority(AUTHORITY.certificate_pem, other.key_pem)
    with pytest.raises(CertificateError, match="does not fit"):
        make_server_identity(mixed, "a", [], NOW_MS)


@pytest.mark.parametrize("text", [b"", b"garbage", AUTHORITY.key_pem])
def test_what_is_no_certificate_is_said(text: bytes) -> None:
    for read in (fingerprint_of, server_id_of, expires_at_ms, authority_of):
        with pytest.raises(CertificateError, match="no certificate"):
            read(text)


def as_certificate(request_pem: bytes) -> str:
    return request_pem.decode().replace("CERTIFICATE REQUEST", "CERTIFICATE")


def as_request(der: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(der).replace("CERTIFICATE", "CERTIFICATE REQUEST").encode()
