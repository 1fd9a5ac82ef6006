"""The system's own certificate authority: its key is derived from the join token, so nobody hands it around.

Whoever holds the join token is a component, and a component can issue itself a certificate that all others
trust. The key is never written anywhere. docs/adr/0012-tls-from-the-join-token.md says what that buys.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

COMPONENT_DAYS = 3650  # of what components show each other: made anew at every start
_CURVE = ec.SECP256R1()
# The order of that curve's group: private keys are 1 to one less (SEC 2, version 2.0, section 2.4.2).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SALT = b"dpip certificate authority"
_KEY_BYTES = (
    40  # 64 bits more than the order has: the remainder is as good as evenly spread (FIPS 186-5, A.2.1)
)
_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key, both PEM."""

    certificate: str
    key: str

    def __repr__(self) -> str:
        return "Issued(...)"  # the key is nobody's to read in a log


class Authority:
    """The same for everybody who holds the same join token, to the last byte."""

    def __init__(self, join_token: str) -> None:
        self._key, certificate = _made(join_token)
        self._name = certificate.subject
        self.certificate = certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, names: Iterable[str], days: int = COMPONENT_DAYS) -> Issued:
        """For a server or client of these host names and addresses, valid for `days` from now."""
        key = ec.generate_private_key(_CURVE)
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a component of DPIP")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _CLOCKS_DIFFER)
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, SHA256())
        )
        return Issued(
            certificate.public_bytes(Encoding.PEM).decode(),
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        )

    def issued(self, certificate: x509.Certificate) -> bool:
        """True for a certificate that this authority signed."""
        try:
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(self.certificate.encode()))
        except Exception:  # whatever is wrong with it, it is not ours
            return False
        return True


def covers(certificate: x509.Certificate, names: Iterable[str]) -> bool:
    """True when it is made out to all of these."""
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {_name(name) for name in names} <= set(said)


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text.encode("idna").decode())


@lru_cache(maxsize=4)
def _made(join_token: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    if not join_token:
        raise ValueError("the join token is empty: whoever dials in could join")
    # A certificate is for everybody to see, and a weak token could be guessed from it: guessing costs.
    seed = Scrypt(salt=_SALT, length=_KEY_BYTES, n=2**14, r=8, p=1).derive(join_token.encode())
    key = ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, _CURVE)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DPIP, by its join token")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256(), ecdsa_deterministic=True)
    )
    return key, certificate
