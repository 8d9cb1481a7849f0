"""An issuer of tokens on a real HTTP server, with keys that a test may change."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

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
    begun: dict[str, str] = field(default_factory=dict)
    """What the login in progress was begun with."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What the next login says of the person."""
    login: str = "ana"
    """The account, where it plays GitHub."""
    thin: bool = False
    """Whether tokens of a login leave the address and the groups to the page that tells of people, as Okta's do."""
    tells_of: str = "00u1"
    """Of whom that page tells."""
    methods: list[str] = field(default_factory=lambda: ["client_secret_basic", "client_secret_post"])
    """Where it reads a client's secret."""
    secret: str = "client-secret"
    """The client's."""
    says: str = ""
    """Another name than its own, where it lies."""
    listed: list[Any] = field(default_factory=list)
    """What stands among its keys besides."""
    names_algorithms: bool = True
    """Whether its keys say what they are for."""
    slow: threading.Event = field(default_factory=threading.Event)
    """Set while it answers at once."""

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
        if urlsplit(got.path).path in ("/authorize", "/login/oauth/authorize"):
            return self._authorize(dict(parse_qsl(urlsplit(got.path).query)))
        if got.path in ("/token", "/login/oauth/access_token"):
            header = got.headers.get("Authorization", "")
            return self._exchange(dict(parse_qsl(got.body.decode())), header, oauth=got.path != "/token")
        if got.path == "/userinfo":
            good = got.headers.get("Authorization") == "Bearer access"
            told = {"sub": self.tells_of, "email": "Ana@example.com", "groups": ["employees"]} | self.claims
            return Reply(status=200 if good else 401, body=json.dumps(told).encode())
        if got.path == "/user":
            good = got.headers.get("Authorization") == "Bearer gho_token"
            return Reply(status=200 if good else 401, body=json.dumps({"login": self.login}).encode())
        self.asked.append(got.path)
        if self.away:
            return Reply(status=503)
        if got.path == "/.well-known/openid-configuration":
            about = {
                "issuer": self.says or self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "token_endpoint_auth_methods_supported": self.methods,
                "scopes_supported": ["openid", "email", "profile", "groups"],
            }
            return Reply(body=json.dumps(about).encode())
        self.slow.wait(30)
        keys = [_public(kid, key) for kid, key in self.keys.items()]
        kept = keys if self.names_algorithms else [{**one, "alg": None} for one in keys]
        return Reply(body=json.dumps({"keys": [*kept, *self.listed]}).encode())

    def _authorize(self, asked: dict[str, str]) -> Reply:
        """The person says yes at once, and is sent back with a code."""
        assert asked["client_id"] == AUDIENCE
        assert asked["code_challenge_method"] == "S256"
        self.begun = asked
        back = urlencode({"code": "the-code", "state": asked["state"]})
        return Reply(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    def _exchange(self, asked: dict[str, str], header: str, *, oauth: bool) -> Reply:
        """Only for whoever began it, and only once."""
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        posted = oauth or self.methods == ["client_secret_post"]
        given = (asked.get("client_id"), asked.get("client_secret")) if posted else _basic(header)
        if given != (AUDIENCE, self.secret):
            # GitHub refuses with 200.
            word = "incorrect_client_credentials" if oauth else "invalid_client"
            return Reply(status=200 if oauth else 401, body=json.dumps({"error": word}).encode())
        if asked.get("code") != "the-code" or challenge != self.begun.get("code_challenge"):
            return Reply(status=400, body=b'{"error": "invalid_grant"}')
        if asked["redirect_uri"] != self.begun["redirect_uri"]:
            return Reply(status=400, body=b'{"error": "invalid_grant"}')
        nonce = self.begun.get("nonce")
        self.begun = {}
        if oauth:
            return Reply(body=b'{"access_token": "gho_token", "token_type": "bearer", "scope": "read:user"}')
        self.now = datetime.now(UTC)
        left_out = {"email": None, "groups": None} if self.thin else {}
        token = self.token(nonce=nonce, **{**self.claims, **left_out})
        return Reply(body=json.dumps({"id_token": token, "access_token": "access", "token_type": "Bearer"}).encode())

    def later(self, minutes: float) -> None:
        """Time passes."""
        self.now += timedelta(minutes=minutes)


def _basic(header: str) -> tuple[str | None, str | None]:
    """Id and secret of a client in the header."""
    name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return unquote_plus(name), unquote_plus(secret)


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
    made.slow.set()
    with serving(made) as server:
        made.url = server.url
        yield made
