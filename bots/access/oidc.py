"""Who a token of the company's single sign-on belongs to: verified with the issuer's own keys.

https://openid.net/specs/openid-connect-discovery-1_0.html, https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
import requests

from bots.errors import Rejected, Unreachable

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Only public keys: a shared secret, or no signature, is never accepted."""
_LEEWAY_S: Final = 60
_FRESH: Final = timedelta(hours=1)
_AGAIN: Final = timedelta(minutes=1)
"""A key that nobody knows is looked for so often at most: strangers must not make us ask."""
_AFTER_FAILURE: Final = timedelta(seconds=15)
"""An issuer that is away is left alone for so long: each question holds up whoever wants in."""
_TIMEOUT_S: Final = (3.0, 10.0)
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody whom the issuer knows."""

    subject: str
    email: str
    """In lower case; empty where the issuer does not vouch for one."""
    groups: frozenset[str]
    claims: Mapping[str, Any]


class Issuer:
    """One issuer: its addresses and its keys, fetched when they are needed and kept."""

    def __init__(self, url: str, now: Callable[[], datetime]) -> None:
        """`url` is the issuer as its tokens name it."""
        self.url = url.rstrip("/")
        self._now = now
        self._session = requests.Session()
        self._lock = threading.Lock()
        self._metadata: Mapping[str, Any] = {}
        self._metadata_at: datetime | None = None
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._keys_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._failure = ""

    def metadata(self) -> Mapping[str, Any]:
        """What the issuer says of itself; raises Unreachable."""
        with self._lock:
            return self._described()

    def endpoint(self, name: str) -> str:
        """The address that it gives for something; raises Unreachable, also if it gives none."""
        address = self.metadata().get(name)
        if not isinstance(address, str) or not address.startswith(("https://", "http://")):
            raise Unreachable(f"{self.url} names no {name}")
        return address

    def key(self, kid: str, algorithm: str) -> jwt.PyJWK | None:
        """The public key of that name, for that algorithm; None if the issuer has none.

        Raises Unreachable while it cannot be asked.
        """
        known = self._keys.get(kid)
        # Who has a key that is known need not wait until somebody else's question is answered.
        if not self._lock.acquire(blocking=known is None):
            return _public(known, algorithm)
        try:
            if self._is_due(kid):
                self._fetch_keys()
        except Unreachable:
            # A key that was good an hour ago is still better than nobody being let in.
            if known is None:
                raise
        finally:
            self._lock.release()
        return _public(self._keys.get(kid), algorithm)

    def _is_due(self, kid: str) -> bool:
        age = None if self._keys_at is None else self._now() - self._keys_at
        return age is None or age >= (_FRESH if kid in self._keys else _AGAIN)

    def _described(self) -> Mapping[str, Any]:
        if self._metadata_at is None or self._now() - self._metadata_at >= _FRESH:
            found = self._get(f"{self.url}/.well-known/openid-configuration")
            said = str(found.get("issuer", "")).rstrip("/")
            if said != self.url:
                raise Unreachable(f"{self.url} describes another issuer: {said[:200]!r}")
            self._metadata, self._metadata_at = found, self._now()
        return self._metadata

    def _fetch_keys(self) -> None:
        found = self._get(str(self._described().get("jwks_uri", "")))
        listed = found.get("keys")
        keys = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        self._keys, self._keys_at = {str(one.get("kid", "")): one for one in keys}, self._now()

    def _get(self, url: str) -> Mapping[str, Any]:
        if self._failed_at is not None and self._now() - self._failed_at < _AFTER_FAILURE:
            raise Unreachable(self._failure)
        try:
            found = self._asked(url)
        except Unreachable as error:
            self._failed_at, self._failure = self._now(), str(error)
            raise
        self._failed_at = None
        return found

    def _asked(self, url: str) -> Mapping[str, Any]:
        try:
            response = self._session.get(url, timeout=_TIMEOUT_S)
            response.raise_for_status()
            found = response.json()
        except (requests.RequestException, ValueError) as error:
            raise Unreachable(f"{url}: {error}") from error
        if not isinstance(found, dict):
            raise Unreachable(f"{url}: the answer is no JSON object")
        return found


def _public(key: Mapping[str, Any] | None, algorithm: str) -> jwt.PyJWK | None:
    """The key, if it can have made such a signature. One that names no algorithm is for all of its kind."""
    if key is None:
        return None
    try:
        return jwt.PyJWK(dict(key), None if key.get("alg") else algorithm)
    except (jwt.exceptions.PyJWTError, TypeError, ValueError):
        # A kind of key that we do not know signs tokens that we do not accept.
        return None


class Verifier:
    """Tells whose a token is."""

    def __init__(self, issuer: Issuer, audience: str, groups_claim: str, now: Callable[[], datetime]) -> None:
        """`audience` is whom the tokens are for; `groups_claim` names the claim with the groups."""
        self._issuer = issuer
        self._audience = audience
        self._groups_claim = groups_claim
        self._now = now

    @property
    def groups_claim(self) -> str:
        """Names the claim with the groups."""
        return self._groups_claim

    def identity(self, token: str, *, nonce: str | None = None) -> Identity:
        """Whose token it is; raises Rejected (401: it is not valid; 503: the issuer's keys cannot be had now)."""
        try:
            head = jwt.get_unverified_header(token)
        except jwt.exceptions.PyJWTError as error:
            raise _invalid("it is no signed token") from error
        if head.get("alg") not in ALGORITHMS:
            raise _invalid("it is not signed with a public key")
        try:
            key = self._issuer.key(str(head.get("kid", "")), str(head["alg"]))
        except Unreachable as error:
            raise Rejected(503, f"the keys of {self._issuer.url} cannot be had now; try again in a moment") from error
        if key is None:
            raise _invalid("the issuer has no such key")
        return self._checked(token, str(head["alg"]), key, nonce)

    def _checked(self, token: str, algorithm: str, key: jwt.PyJWK, nonce: str | None) -> Identity:
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                options={
                    "require": ["exp", "iat", "sub", "iss", "aud"],
                    # The bot's clock says what time it is, below.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.exceptions.PyJWTError as error:
            raise _invalid(str(error)) from error
        self._check_times(claims)
        if str(claims["iss"]).rstrip("/") != self._issuer.url:
            raise _invalid("it is of another issuer")
        if nonce is not None and claims.get("nonce") != nonce:
            raise _invalid("it is not the answer to this login")
        return self.identity_of(claims)

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now_s = self._now().timestamp()
        try:
            expires, begins = float(claims["exp"]), float(claims.get("nbf", claims["iat"]))
        except (TypeError, ValueError) as error:
            raise _invalid("its times are no numbers") from error
        if now_s >= expires + _LEEWAY_S:
            raise _invalid("it has expired")
        if now_s < begins - _LEEWAY_S:
            raise _invalid("it is not valid yet")

    def identity_of(self, claims: Mapping[str, Any]) -> Identity:
        """Whom claims are about that the issuer has made."""
        groups = claims.get(self._groups_claim, ())
        named = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        # An address that anybody may type in at the issuer is nobody's proof.
        email = str(claims.get("email", "")) if claims.get("email_verified", True) in (True, "true") else ""
        # Without an @ it is no address, and must not be taken for the name of a member.
        email = email if "@" in email else ""
        return Identity(
            subject=str(claims["sub"]),
            email=email.lower(),
            groups=frozenset(str(one) for one in named),
            claims=claims,
        )


def _invalid(why: str) -> Rejected:
    return Rejected(401, f"the token is not accepted: {why}", headers=_CHALLENGE)
