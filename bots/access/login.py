"""Logging in to the pages, and who is logged in: a signed cookie names an account, and the policy says whose it is."""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerting.model.policy import Policy
from bots.access.ended import Ended
from bots.access.providers import Attempt, Person, Provider
from bots.access.signed import Signer
from bots.commands.rights import stranger
from bots.directory import known_as
from bots.errors import Rejected, StorageFull

_LASTS: Final = timedelta(hours=12)
"""Longer than a shift, shorter than a day off."""
_GROUPS_LAST: Final = timedelta(hours=1)
"""Of a session with groups: only the single sign-on knows who left one. As long as its tokens usually are good."""
_ATTEMPT_LASTS: Final = timedelta(minutes=10)
_SESSION: Final = "session"
_ATTEMPT: Final = "login"
_MAX_ADDRESS: Final = 500
"""Characters; no page of ours needs so many, and the cookie of an attempt has to hold them."""
START: Final = "/incidents"
"""Where a login leads if nothing else was wanted."""


class Unknown(Rejected):
    """Somebody proved who they are, and is nobody here."""

    def __init__(self, account: str, why: str) -> None:
        """`account` is theirs at the provider."""
        self.account = account
        self.why = why
        asked = "ask the owners of those files to add you, or log in with another account"
        said = f"nobody under policies/teams/ has the account {account}, and no group of it has a role"
        super().__init__(403, f"{said}; {asked}; the attempt is in the audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who is logged in."""

    name: str
    groups: frozenset[str]
    proof: str
    """What a form of theirs carries, so that no other site can send one."""


class Door:
    """Lets people in, and knows them again."""

    def __init__(
        self,
        providers: Sequence[Provider],
        signer: Signer,
        ended: Ended,
        *,
        policy: Callable[[], Policy],
        public_url: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        """`public_url` is the bot's address as the providers send browsers back to it."""
        self.providers: Mapping[str, Provider] = {one.name: one for one in providers}
        self._signer = signer
        self._ended = ended
        self._policy = policy
        self._public_url = public_url
        self._now = now

    def guest(self, request: Request) -> Guest | None:
        """Who is logged in, and in a team or a granted group now; None if nobody is."""
        kept = self._kept(request)
        if kept is None:
            return None
        # Looked up each time: who is taken out of a team's file is out.
        policy, groups = self._policy(), frozenset(kept["groups"])
        name = known_as(policy, str(kept["account"]))
        if stranger(policy, name, groups):
            return None
        return Guest(name=name, groups=groups, proof=self._signer.proof(str(kept["id"])))

    def proves(self, request: Request, given: str) -> bool:
        """Whether a form came from a page that we made for whoever is logged in."""
        kept = self._kept(request)
        return kept is not None and self._signer.proves(str(kept["id"]), given)

    def begin(self, name: str, following: str) -> Response:
        """Sends the browser to a provider; raises Unreachable, or Rejected for one that there is not."""
        provider = self._provider(name)
        attempt = Attempt(
            redirect_uri=f"{self._public_url()}/login/{name}/callback",
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
        )
        kept = {
            "provider": name,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "verifier": attempt.verifier,
            "next": local(following),
        }
        answer = RedirectResponse(provider.address(attempt), 302)
        self._set(answer, _attempt(attempt.state), self._sign(_ATTEMPT, kept, _ATTEMPT_LASTS), _ATTEMPT_LASTS)
        return answer

    def finish(self, request: Request, name: str, code: str, state: str) -> Response:
        """Lets in whoever came back; raises Unknown for a stranger, Rejected or Unreachable."""
        text = request.cookies.get(self._cookie(_attempt(state)), "")
        kept = self._signer.read(_ATTEMPT, text, self._now()) if text else None
        # As bytes: what comes from outside may be anything, and texts that are not ASCII cannot be compared so.
        if (
            kept is None
            or kept["provider"] != name
            or not secrets.compare_digest(str(kept["state"]).encode(), state.encode("utf-8", "replace"))
        ):
            raise Rejected(400, "this login was not begun here, or too long ago; log in again")
        attempt = Attempt(
            redirect_uri=f"{self._public_url()}/login/{name}/callback",
            state=state,
            nonce=str(kept["nonce"]),
            verifier=str(kept["verifier"]),
        )
        person = self._provider(name).person(code, attempt)
        policy = self._policy()
        if why := stranger(policy, known_as(policy, person.account), person.groups):
            raise Unknown(person.account, why)
        answer = RedirectResponse(str(kept["next"]), 303)
        self._admit(answer, person)
        self._drop(answer, _attempt(state))
        return answer

    def leave(self, request: Request, answer: Response) -> Response:
        """The answer, after which nobody is logged in, whoever has a copy of the cookie."""
        kept = self._kept(request)
        if kept is not None:
            self._ended.add(str(kept["id"]), self._now() + _LASTS, self._now())
        # A form of another site comes without the cookie, and must not take it away.
        if self._cookie(_SESSION) in request.cookies:
            self._drop(answer, _SESSION)
        return answer

    def _kept(self, request: Request) -> Mapping[str, Any] | None:
        text = request.cookies.get(self._cookie(_SESSION), "")
        found = self._signer.read(_SESSION, text, self._now()) if text else None
        # One of an earlier release names no account.
        return None if found is None or "account" not in found or found["id"] in self._ended else found

    def _admit(self, answer: Response, person: Person) -> None:
        known = {grant.to.oidc_group for grant in self._policy().access.grants}
        # Only groups that a grant names: some companies have people in hundreds, and a cookie is small.
        groups = sorted(person.groups & known)
        value = {"account": person.account, "groups": groups, "id": secrets.token_hex(8)}
        lasts = _GROUPS_LAST if groups else _LASTS
        try:
            self._set(answer, _SESSION, self._sign(_SESSION, value, lasts), lasts)
        except ValueError as error:
            raise Rejected(
                403, "your name and groups do not fit into a cookie; ask for fewer granted groups"
            ) from error

    def _sign(self, what: str, value: Mapping[str, object], lasts: timedelta) -> str:
        now = self._now()
        # A full disk lets people in with the key that there is.
        with contextlib.suppress(StorageFull):
            self._signer.renew(now)
        return self._signer.sign(what, value, now + lasts)

    def _provider(self, name: str) -> Provider:
        found = self.providers.get(name)
        if found is None:
            raise Rejected(404, f"no login {name[:40]!r}; expected one of {', '.join(self.providers)}")
        return found

    @property
    def _secure(self) -> bool:
        return self._public_url().startswith("https://")

    def _cookie(self, what: str) -> str:
        # Only this host may set such a cookie: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
        return f"{'__Host-' if self._secure else ''}tocsin-{what}"

    def _set(self, answer: Response, what: str, text: str, lasts: timedelta) -> None:
        answer.set_cookie(
            self._cookie(what),
            text,
            max_age=int(lasts.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            # Lax: the provider sends the browser back from another site.
            samesite="lax",
        )
        answer.headers["Cache-Control"] = "no-store"

    def _drop(self, answer: Response, what: str) -> None:
        # Browsers refuse whatever is said about a `__Host-` cookie without `Secure`, its end too.
        answer.delete_cookie(self._cookie(what), path="/", secure=self._secure, httponly=True, samesite="lax")


def _attempt(state: str) -> str:
    """The name of an attempt's cookie: each tab that asks has its own, and none spoils another's."""
    return f"{_ATTEMPT}-{hashlib.sha256(state.encode('utf-8', 'replace')).hexdigest()[:8]}"


def local(address: str) -> str:
    """The address if it leads to a page of ours, else the list of incidents: a login must not send people elsewhere."""
    bad = not address.startswith("/") or address.startswith(("//", "/\\")) or not address.isprintable()
    return START if bad or address.startswith("/login") or len(address) > _MAX_ADDRESS else address
