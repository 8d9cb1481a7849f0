"""Tokens of a single sign-on: whose they are, and which are not accepted."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from bots.access.oidc import Issuer, Verifier
from bots.access.providers import Attempt
from bots.access.providers import SignOn as Company
from bots.configuration.secret_file import SecretFile
from bots.errors import Rejected, Unreachable
from tests.bots.access.issuer import AUDIENCE, SignOn, sign_on
from tests.bots.bot_process import wait_until


@pytest.fixture
def issuer() -> Iterator[SignOn]:
    """An issuer with one key."""
    with sign_on() as made:
        yield made


def verifier(issuer: SignOn) -> Verifier:
    """One that trusts it."""
    return Verifier(Issuer(issuer.url, lambda: issuer.now), AUDIENCE, "groups", lambda: issuer.now)


def test_a_token_says_who_and_which_groups(issuer: SignOn) -> None:
    """With any kind of public key."""
    issuer.add("two", elliptic=True)
    trusted = verifier(issuer)
    for kid in ("one", "two"):
        found = trusted.identity(issuer.token(kid))
        assert (found.subject, found.email, found.groups) == ("00u1", "ana@example.com", {"sre", "employees"})


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "other"}, "Audience doesn't match"),
        ({"aud": None}, 'Token is missing the "aud" claim'),
        ({"exp": 1}, "it has expired"),
        ({"exp": None}, 'Token is missing the "exp" claim'),
        ({"nbf": 4_000_000_000}, "it is not valid yet"),
        ({"iss": "https://other.example.com"}, "it is of another issuer"),
        ({"sub": None}, 'Token is missing the "sub" claim'),
    ],
)
def test_what_does_not_hold_is_not_accepted(issuer: SignOn, claims: dict[str, Any], why: str) -> None:
    """With the reason, for whoever has to find out why."""
    with pytest.raises(Rejected) as caught:
        verifier(issuer).identity(issuer.token(**claims))
    assert (caught.value.status, str(caught.value)) == (401, f"the token is not accepted: {why}")


def test_tokens_without_a_public_signature_are_never_accepted(issuer: SignOn) -> None:
    """Neither unsigned ones nor ones signed with a secret that everybody can read: the public key."""
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, algorithm="none")
    shared = jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "one"})
    for token in (unsigned, shared):
        with pytest.raises(Rejected, match=r"^the token is not accepted: it is not signed with a public key$"):
            verifier(issuer).identity(token)
    for text in ("", "a.b.c", "no token"):
        with pytest.raises(Rejected, match=r"^the token is not accepted: it is no signed token$"):
            verifier(issuer).identity(text)


def test_a_secret_among_the_keys_signs_nothing(issuer: SignOn) -> None:
    """Everybody can read it there; and a key is for signatures of its kind only."""
    secret = base64.urlsafe_b64encode(b"x" * 32).decode().rstrip("=")
    issuer.listed = [{"kty": "oct", "kid": "open", "k": secret}, "x", {"kid": "half"}]
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    head = base64.urlsafe_b64encode(b'{"alg": "RS256", "kid": "open"}').decode().rstrip("=")
    body = jwt.encode(claims, "x" * 32, algorithm="HS256").split(".")[1]
    mac = hmac.new(b"x" * 32, f"{head}.{body}".encode(), hashlib.sha256).digest()
    forged = f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    with pytest.raises(Rejected, match=r"^the token is not accepted: the issuer has no such key$"):
        verifier(issuer).identity(forged)


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
def test_a_key_that_names_no_algorithm_is_for_all_of_its_kind(issuer: SignOn, algorithm: str) -> None:
    """The name is optional: https://datatracker.ietf.org/doc/html/rfc7517#section-4.4."""
    issuer.names_algorithms = False
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    token = jwt.encode(claims, issuer.keys["one"], algorithm=algorithm, headers={"kid": "one"})
    assert verifier(issuer).identity(token).subject == "00u1"


def test_who_has_a_known_key_does_not_wait_for_a_slow_issuer(issuer: SignOn) -> None:
    """While a stranger's unknown key is looked for."""
    trusted = verifier(issuer)
    known = issuer.token()
    trusted.identity(known)
    issuer.add("two")
    stranger = issuer.token("two")
    issuer.later(2)
    issuer.slow.clear()
    asking = threading.Thread(target=trusted.identity, args=(stranger,))
    asking.start()
    wait_until(lambda: issuer.asked.count("/keys") == 2, 5, lambda: "nobody asked")
    assert trusted.identity(known).subject == "00u1"
    assert asking.is_alive()
    issuer.slow.set()
    asking.join()


def test_a_changed_token_is_not_accepted(issuer: SignOn) -> None:
    """Another key of the same name is not the issuer's."""
    token = issuer.token()
    trusted = verifier(issuer)
    trusted.identity(token)
    issuer.add("one")
    with pytest.raises(Rejected, match=r"^the token is not accepted: Signature verification failed$"):
        trusted.identity(issuer.token())


def test_an_address_that_nobody_vouches_for_is_none(issuer: SignOn) -> None:
    """Anybody could have typed it in."""
    assert verifier(issuer).identity(issuer.token(email_verified=False)).email == ""


def test_a_name_is_no_address(issuer: SignOn) -> None:
    """Nobody becomes the member `ben` by typing that in as an address."""
    assert verifier(issuer).identity(issuer.token(email="ben")).email == ""


def test_an_issuer_that_is_away_is_left_alone_for_a_moment(issuer: SignOn) -> None:
    """Else everybody would wait for it, one after another."""
    trusted = verifier(issuer)
    trusted.identity(issuer.token())
    issuer.away = True
    issuer.later(61)
    before = len(issuer.asked)
    for _ in range(3):
        trusted.identity(issuer.token())
    assert len(issuer.asked) == before + 1
    issuer.away = False
    issuer.later(1)
    trusted.identity(issuer.token())
    assert len(issuer.asked) > before + 1


def test_an_issuer_without_an_address_for_logins_is_told(issuer: SignOn) -> None:
    """Instead of an error of ours."""
    with pytest.raises(Unreachable, match=rf"^{issuer.url} names no token_endpoints$"):
        Issuer(issuer.url, lambda: issuer.now).endpoint("token_endpoints")


@pytest.mark.parametrize("methods", [["client_secret_post", "client_secret_basic"], ["client_secret_post"], []])
def test_the_secret_is_given_where_the_issuer_reads_it(issuer: SignOn, methods: list[str], tmp_path: Path) -> None:
    """In the header, with its odd characters, unless it says otherwise."""
    issuer.methods, issuer.secret = methods, "a:b+c d%é"
    (tmp_path / "secret").write_text(f"{issuer.secret}\n")
    asked = Issuer(issuer.url, lambda: issuer.now)
    trusted = Verifier(asked, AUDIENCE, "groups", lambda: issuer.now)
    provider = Company(asked, trusted, AUDIENCE, SecretFile(tmp_path / "secret", "SECRET"))
    attempt = Attempt(redirect_uri="http://bot/login/sso/callback", state="s", nonce="n", verifier="v")
    requests.get(provider.address(attempt), timeout=10, allow_redirects=False)
    assert provider.person("the-code", attempt).account == "ana@example.com"


def test_the_answer_belongs_to_the_login(issuer: SignOn) -> None:
    """A token from elsewhere cannot be slipped in."""
    trusted = verifier(issuer)
    assert trusted.identity(issuer.token(nonce="n1"), nonce="n1").subject == "00u1"
    with pytest.raises(Rejected, match="it is not the answer to this login"):
        trusted.identity(issuer.token(nonce="n2"), nonce="n1")


def test_keys_are_fetched_once_and_again_when_a_new_one_is_used(issuer: SignOn) -> None:
    """A rotation needs no restart, and strangers cannot make the bot ask all the time."""
    trusted = verifier(issuer)
    for _ in range(3):
        trusted.identity(issuer.token())
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]
    issuer.add("two")
    with pytest.raises(Rejected, match="the issuer has no such key"):
        trusted.identity(issuer.token("two"))
    issuer.later(1)
    assert trusted.identity(issuer.token("two")).subject == "00u1"
    assert issuer.asked.count("/keys") == 2


def test_known_keys_outlast_an_issuer_that_is_away(issuer: SignOn) -> None:
    """People get in at night; without any key nobody is let in, and that is no fault of the token."""
    trusted, new = verifier(issuer), verifier(issuer)
    trusted.identity(issuer.token())
    issuer.away = True
    issuer.later(180)
    assert trusted.identity(issuer.token()).subject == "00u1"
    with pytest.raises(Rejected) as caught:
        new.identity(issuer.token())
    assert (caught.value.status, str(caught.value)) == (
        503,
        f"the keys of {issuer.url} cannot be had now; try again in a moment",
    )


def test_an_issuer_that_calls_itself_otherwise_is_not_believed(issuer: SignOn) -> None:
    """The address must be the issuer's own."""
    issuer.says = "https://evil.example.com"
    with pytest.raises(Unreachable, match=r"describes another issuer: 'https://evil\.example\.com'$"):
        Issuer(issuer.url, lambda: issuer.now).metadata()
