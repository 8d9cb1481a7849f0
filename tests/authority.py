"""An authority that signs certificates for as long as a test lives."""

import datetime
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE: Final = "127.0.0.1"
_VALID: Final = datetime.timedelta(days=1)


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A key as a file holds it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A certificate and its key, both in PEM."""

    certificate: bytes
    key: bytes


@dataclass(slots=True)
class Authority:
    """Signs itself, and what it is asked to."""

    name: str
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _own: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        """Makes its own certificate."""
        subject = _subject(self.name)
        builder = _builder(subject, subject, self._key, self._key, authority=True)
        self._own = builder.add_extension(_signing_only(), critical=True).sign(self._key, hashes.SHA256())

    @property
    def certificate(self) -> bytes:
        """Its own, in PEM."""
        return self._own.public_bytes(serialization.Encoding.PEM)

    def sign(self, names: Iterable[str]) -> Signed:
        """A certificate for server and client with these names, and for this machine."""
        key = ec.generate_private_key(ec.SECP256R1())
        here = [x509.IPAddress(ipaddress.ip_address(HERE)), *(x509.DNSName(name) for name in names)]
        builder = _builder(_subject(HERE), self._own.subject, key, self._key, authority=False)
        made = builder.add_extension(x509.SubjectAlternativeName(here), critical=False)
        signed = made.sign(self._key, hashes.SHA256())
        return Signed(certificate=signed.public_bytes(serialization.Encoding.PEM), key=pem_of(key))


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _VALID)
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )


def _signing_only() -> x509.KeyUsage:
    """What an authority's key is for."""
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
