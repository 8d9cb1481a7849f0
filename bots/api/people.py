"""Who asks, and whether they may."""

from collections.abc import Callable

from starlette.requests import Request

from alerting.model.policy import Policy
from bots.api.bearer import CHALLENGE, bearer
from bots.errors import Rejected
from bots.rights import Rights, members, rights
from bots.tokens import TokenFile


class People:
    """Tokens to members, members to rights."""

    def __init__(self, tokens: TokenFile, policy: Callable[[], Policy]) -> None:
        """`policy` gives the one that holds now."""
        self._tokens = tokens
        self._policy = policy

    def owner(self, request: Request) -> str:
        """Whose token a request carries, in a team or not; raises Rejected (401)."""
        name = self._tokens.owner(bearer(request))
        if name is None:
            raise Rejected(401, "unknown token; expected yours, as your operator gave it to you", headers=CHALLENGE)
        return name

    def member(self, request: Request) -> str:
        """The member whose token a request carries; raises Rejected (401, 403)."""
        name = self.owner(request)
        if stranger := self.stranger(name):
            raise Rejected(403, stranger)
        return name

    def stranger(self, name: str) -> str:
        """What is wrong if somebody with a token is no member; else nothing."""
        if name in members(self._policy()):
            return ""
        return f"{name} is in no team; expected a member of one under policies/teams/"

    def rights(self, member: str) -> Rights:
        """What a member may do now."""
        return rights(self._policy(), member)

    def known(self, name: str) -> None:
        """Raises Rejected (422) if nobody is called so."""
        everybody = members(self._policy())
        if name not in everybody:
            raise Rejected(422, f"nobody is called {name!r}; expected one of {', '.join(sorted(everybody))}")
