"""An issuer of tokens on a real HTTP server, with keys that a test may change."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.bots.http_server import Received, Reply, serving
from tests.bots.office import TEN

AUDIENCE = "tocsin"


@dataclass
class SignOn:
    """Issues tokens, and publishes the keys that they are signed with."""

    url: str = ""
    now: datetime = TEN
    keys: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    away: bool = False
    says: str = ""
    """Another name than its own, where it lies."""

    def add(self, kid: str, *, elliptic: bool = False) -> None:
        """A new key."""
        made: Any = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)
        self.keys[kid] = made

    def token(self, kid: str = "one", **claims: Any) -> str:
        """A token of ana's, signed with a key; `claims` replace or, with None, take out."""
        now_s = int(self.now.timestamp())
        whole = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "00u1",
            "email": "Ana@example.com",
            "groups": ["sre", "employees"],
            "iat": now_s,
            "exp": now_s + 300,
        } | claims
        kept = {name: value for name, value in whole.items() if value is not None}
        key = self.keys[kid]
        algorithm = "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256"
        return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid})

    def __call__(self, got: Received) -> Reply:
        self.asked.append(got.path)
        if self.away:
            return Reply(status=503)
        if got.path == "/.well-known/openid-configuration":
            about = {"issuer": self.says or self.url, "jwks_uri": f"{self.url}/keys"}
            return Reply(body=json.dumps(about).encode())
        return Reply(body=json.dumps({"keys": [_public(kid, key) for kid, key in self.keys.items()]}).encode())

    def later(self, minutes: float) -> None:
        """Time passes."""
        self.now += timedelta(minutes=minutes)


def _public(kid: str, key: Any) -> dict[str, Any]:
    elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
    algorithm = jwt.algorithms.ECAlgorithm if elliptic else jwt.algorithms.RSAAlgorithm
    found: dict[str, Any] = json.loads(algorithm.to_jwk(key.public_key()))  # type: ignore[attr-defined]
    return found | {"kid": kid, "use": "sig", "alg": "ES256" if elliptic else "RS256"}


@contextmanager
def sign_on() -> Iterator[SignOn]:
    """An issuer with one key, on a free port."""
    made = SignOn()
    made.add("one")
    with serving(made) as server:
        made.url = server.url
        yield made
