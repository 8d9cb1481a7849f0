"""Who asks, and whether they may."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from alerting.model.policy import Policy
from bots.access.oidc import Verifier
from bots.access.providers import signed_on
from bots.access.threads import apart
from bots.api.bearer import CHALLENGE, bearer
from bots.commands.rights import Rights, members, rights, stranger
from bots.configuration.tokens import TokenFile
from bots.directory import known_as
from bots.errors import Rejected


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
            return await apart(self._signed_on, self._sign_on, token)
        raise Rejected(401, "unknown token; expected yours, as your operator gave it to you", headers=CHALLENGE)

    def _signed_on(self, sign_on: Verifier, token: str) -> Asker:
        person = signed_on(sign_on.identity(token))
        return Asker(name=known_as(self._policy(), person.account), groups=person.groups)

    def stranger(self, asker: Asker) -> str:
        """What is wrong if somebody is no member and no group of theirs has a role; else nothing."""
        return stranger(self._policy(), asker.name, asker.groups)

    def rights(self, asker: Asker) -> Rights:
        """What somebody may do now."""
        return rights(self._policy(), asker.name, asker.groups)

    def known(self, name: str) -> None:
        """Raises Rejected (422) if nobody is called so."""
        everybody = members(self._policy())
        if name not in everybody:
            raise Rejected(422, f"nobody is called {name!r}; expected one of {', '.join(sorted(everybody))}")
