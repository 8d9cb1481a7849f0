"""Throwaway keys, certificates and kubeconfig files of a control plane that lives as long as the tests."""

import datetime
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_VALID: Final = datetime.timedelta(days=1)
_NAME: Final = "control plane under test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files in PEM form."""

    authority: Path
    certificate: Path
    """Of 127.0.0.1 and localhost, signed by `authority`."""
    key: Path
    accounts_key: Path
    """Signs the tokens of service accounts."""


def certificates(folder: Path) -> Certificates:
    """Makes an authority, a certificate for this machine and a key for tokens in `folder`."""
    authority_key, key, accounts_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    authority = _certificate(authority_key, authority_key, None)
    certificate = _certificate(key, authority_key, authority)
    files = Certificates(
        authority=folder / "authority.pem",
        certificate=folder / "certificate.pem",
        key=folder / "key.pem",
        accounts_key=folder / "accounts-key.pem",
    )
    files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_key(files.key, key)
    _write_key(files.accounts_key, accounts_key)
    return files


def _certificate(
    key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, authority: x509.Certificate | None
) -> x509.Certificate:
    """A certificate for `key`: of this machine if an authority is given, else the authority's own."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1" if authority else _NAME)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _VALID)
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if authority is None:
        builder = builder.add_extension(_signing_only(), critical=True)
    else:
        here = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
        builder = builder.add_extension(x509.SubjectAlternativeName(here), critical=False)
    return builder.sign(signer, hashes.SHA256())


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


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """The key as a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


def write_kubeconfig(path: Path, url: str, authority: Path, token: str) -> Path:
    """A kubeconfig file for one user of one cluster, in JSON, which every reader of YAML understands."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": url, "certificate-authority": str(authority)}}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config), encoding="utf-8")
    return path
