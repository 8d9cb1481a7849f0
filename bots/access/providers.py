"""Who vouches for people in a browser: an OpenID Connect issuer, or GitHub. Both by a code that is exchanged once.

https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth, https://datatracker.ietf.org/doc/html/rfc7636,
https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

import base64
import hashlib
import logging
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote_plus, urlencode

import requests

from bots.access.oidc import Identity, Issuer, Verifier
from bots.configuration.secret_file import SecretFile
from bots.directory import GITHUB
from bots.errors import Rejected, Unreachable

_TIMEOUT_S: Final = (3.0, 10.0)
_SCOPES: Final = ("openid", "email", "profile")
_OURS: Final = ("invalid_client", "unauthorized_client", "incorrect_client_credentials", "redirect_uri_mismatch")
"""Refusals that no person can help by logging in again."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One login that was begun."""

    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    """Only who began the login knows it (PKCE)."""

    @property
    def challenge(self) -> str:
        """What the provider gets to see of the verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom the provider vouches for."""

    account: str
    """At the provider: `github:ana`, an address, or `sso:` and what the single sign-on calls them."""
    groups: frozenset[str] = frozenset()


class Provider(Protocol):
    """One of them."""

    @property
    def name(self) -> str:
        """In addresses."""

    @property
    def title(self) -> str:
        """For people."""

    def address(self, attempt: Attempt) -> str:
        """Where the browser is sent; raises Unreachable."""

    def person(self, code: str, attempt: Attempt) -> Person:
        """Who came back with a code; raises Rejected or Unreachable."""


class SignOn:
    """An OpenID Connect issuer."""

    name: Final = "sso"
    title: Final = "single sign-on"

    def __init__(self, issuer: Issuer, verifier: Verifier, client_id: str, secret: SecretFile) -> None:
        """`verifier` takes tokens for the client."""
        self._issuer = issuer
        self._verifier = verifier
        self._client_id = client_id
        self._secret = secret

    def address(self, attempt: Attempt) -> str:
        """The issuer's own page."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": " ".join(self._scopes()),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return _with(self._issuer.endpoint("authorization_endpoint"), asked)

    def person(self, code: str, attempt: Attempt) -> Person:
        """By the token that the code is exchanged for."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        found = self._exchanged(asked)
        identity = self._verifier.identity(str(found.get("id_token", "")), nonce=attempt.nonce)
        identity = self._completed(identity, str(found.get("access_token", "")))
        return signed_on(identity)

    def _exchanged(self, asked: dict[str, str]) -> dict[str, Any]:
        """The tokens, asked for with the secret where the issuer reads it: in the header, unless it takes a form only.

        Okta expects the header of whoever chose nothing: https://developer.okta.com/docs/api/openapi/okta-oauth/guides/client-auth
        https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata, and for what stands in the header
        https://datatracker.ietf.org/doc/html/rfc6749#section-2.3.1
        """
        address = self._issuer.endpoint("token_endpoint")
        methods = self._issuer.metadata().get("token_endpoint_auth_methods_supported")
        if isinstance(methods, list) and "client_secret_post" in methods and "client_secret_basic" not in methods:
            return _post(address, {**asked, "client_id": self._client_id, "client_secret": self._secret.first})
        return _post(address, asked, (quote_plus(self._client_id), quote_plus(self._secret.first)))

    def _scopes(self) -> list[str]:
        # Okta gives groups to those only who ask for them; Google takes no word that it does not know.
        known = self._issuer.metadata().get("scopes_supported")
        return [*_SCOPES, *(["groups"] if isinstance(known, list) and "groups" in known else [])]

    def _completed(self, identity: Identity, token: str) -> Identity:
        """With what the issuer tells of the person elsewhere: a token that comes with another may be thin.

        https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims
        """
        whole = "email" in identity.claims and self._verifier.groups_claim in identity.claims
        if whole or not token or "userinfo_endpoint" not in self._issuer.metadata():
            return identity
        try:
            told = _get(self._issuer.endpoint("userinfo_endpoint"), token, "application/json")
        except (Rejected, Unreachable):
            if identity.email:
                return identity
            raise
        if str(told.get("sub", "")) != identity.subject:
            raise Rejected(401, "the single sign-on tells of somebody else; log in again")
        return self._verifier.identity_of({**told, **identity.claims})


def signed_on(identity: Identity) -> Person:
    """Whom the single sign-on says it is."""
    return Person(account=identity.email or f"sso:{identity.subject}", groups=identity.groups)


class GitHubLogin:
    """GitHub, which is no issuer of tokens but says whose a login is."""

    name: Final = "github"
    title: Final = "GitHub"

    def __init__(self, url: str, api_url: str, client_id: str, secret: SecretFile) -> None:
        """`url` is where people log in, `api_url` where the account is asked for."""
        self._url = url
        self._api_url = api_url
        self._client_id = client_id
        self._secret = secret

    def address(self, attempt: Attempt) -> str:
        """GitHub's own page; no scope is asked for, since whose the account is needs none."""
        asked = {
            "client_id": self._client_id,
            "redirect_uri": attempt.redirect_uri,
            "state": attempt.state,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return _with(f"{self._url}/login/oauth/authorize", asked)

    def person(self, code: str, attempt: Attempt) -> Person:
        """By the account that the exchanged token belongs to; the token is not kept."""
        asked = {
            "client_id": self._client_id,
            "client_secret": self._secret.first,
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        address = f"{self._url}/login/oauth/access_token"
        found = _post(address, asked)
        token = str(found.get("access_token", ""))
        if not token:
            # GitHub says so with 200: https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps
            raise _refused(address, str(found.get("error", "")))
        account = _get(f"{self._api_url}/user", token, "application/vnd.github+json")
        login = str(account.get("login", ""))
        if not login:
            raise Rejected(401, "GitHub names no account; log in again")
        return Person(account=f"{GITHUB}{login}")


def _with(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _post(url: str, form: dict[str, str], client: tuple[str, str] | None = None) -> dict[str, Any]:
    kind = {"Accept": "application/json"}
    try:
        response = requests.post(url, data=form, auth=client, headers=kind, timeout=_TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        raise Unreachable(f"{url}: {error}") from error
    return _object(url, response)


def _get(url: str, token: str, kind: str) -> dict[str, Any]:
    headers = {"Accept": kind, "Authorization": f"Bearer {token}", "User-Agent": "tocsin"}
    try:
        response = requests.get(url, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        raise Unreachable(f"{url}: {error}") from error
    return _object(url, response)


def _object(url: str, response: requests.Response) -> dict[str, Any]:
    if response.status_code >= 500:
        raise Unreachable(f"{url}: {response.status_code} {response.reason}")
    try:
        found = response.json()
    except ValueError as error:
        if response.status_code == 200:
            raise Unreachable(f"{url}: the answer is no JSON") from error
        found = {}
    if response.status_code != 200:
        told = str(found.get("error", "")) if isinstance(found, dict) else ""
        raise _refused(url, told or f"{response.status_code} {response.reason}")
    if not isinstance(found, dict):
        raise Unreachable(f"{url}: the answer is no JSON object")
    return found


def _refused(url: str, why: str) -> Rejected:
    _log.warning("a login was refused by %s: %s", url, why[:200])
    if why in _OURS:
        return Rejected(
            503,
            f"the bot itself is not accepted here ({why}); whoever runs it has to look at the login's id and secret",
        )
    return Rejected(401, f"the login was not accepted ({why[:60] or 'without a reason'}); log in again")
