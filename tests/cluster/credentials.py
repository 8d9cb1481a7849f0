"""Throwaway keys, certificates and kubeconfig files of a control plane that lives as long as the tests."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from tests.authority import Authority, pem_of

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
    authority = Authority(_NAME)
    own = authority.sign(["localhost"])
    files = Certificates(
        authority=folder / "authority.pem",
        certificate=folder / "certificate.pem",
        key=folder / "key.pem",
        accounts_key=folder / "accounts-key.pem",
    )
    files.authority.write_bytes(authority.certificate)
    files.certificate.write_bytes(own.certificate)
    _write_key(files.key, own.key)
    _write_key(files.accounts_key, pem_of(ec.generate_private_key(ec.SECP256R1())))
    return files


def _write_key(path: Path, key: bytes) -> None:
    """A key as a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(key)


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
