"""Who asks, and whether they may."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from alerting.model.policy import Policy
from bots.access.oidc import Verifier
from bots.access.providers import signed_on
from bots.api.bearer import CHALLENGE, bearer
from bots.errors import Rejected
from bots.rights import Rights, members, rights
from bots.tokens import TokenFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Somebody who proved who they are."""

    name: str
    """A member's, or how the single sign-on names somebody who is none."""
    groups: frozenset[str] = frozenset()
    """Those that the single sign-on vouches for."""
    source: str = "api"
    """Where they ask: `api`, `page`."""


class People:
    """Tokens to people, people to rights."""

    def __init__(self, tokens: TokenFile, policy: Callable[[], Policy], sign_on: Verifier | None = None) -> None:
        """`policy` gives the one that holds now; `sign_on` knows the tokens of the company's single sign-on."""
        self._tokens = tokens
        self._policy = policy
        self._sign_on = sign_on

    async def asker(self, request: Request) -> Asker:
        """Whose token a request carries, in a team or not; raises Rejected (401, 503)."""
        token = bearer(request)
        name = self._tokens.owner(token)
        if name is not None:
            return Asker(name=name)
        if self._sign_on is not None and token.count(".") == 2:
            # The issuer's keys may have to be fetched.
            return await run_in_threadpool(self._signed_on, self._sign_on, token)
        raise Rejected(401, "unknown token; expected yours, as your operator gave it to you", headers=CHALLENGE)

    def _signed_on(self, sign_on: Verifier, token: str) -> Asker:
        identity = sign_on.identity(token)
        person = signed_on(self._policy(), identity.email, identity.subject, identity.groups)
        return Asker(name=person.name, groups=person.groups)

    async def reader(self, request: Request) -> Asker:
        """Somebody who may read what there is: a member, or whoever has any role. Raises Rejected (401, 403, 503)."""
        asker = await self.asker(request)
        if stranger := self.stranger(asker):
            raise Rejected(403, stranger)
        return asker

    def stranger(self, asker: Asker) -> str:
        """What is wrong if somebody is no member and no group of theirs has a role; else nothing."""
        policy = self._policy()
        granted = {grant.to.oidc_group for grant in policy.access.grants if grant.to.oidc_group}
        if asker.name in members(policy) or asker.groups & granted:
            return ""
        return f"{asker.name} is in no team; expected a member of one under policies/teams/"

    def rights(self, asker: Asker) -> Rights:
        """What somebody may do now."""
        return rights(self._policy(), asker.name, asker.groups)

    def known(self, name: str) -> None:
        """Raises Rejected (422) if nobody is called so."""
        everybody = members(self._policy())
        if name not in everybody:
            raise Rejected(422, f"nobody is called {name!r}; expected one of {', '.join(sorted(everybody))}")
