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

    def member(self, request: Request) -> str:
        """The member whose token a request carries; raises Rejected (401, 403)."""
        name = self._tokens.owner(bearer(request))
        if name is None:
            raise Rejected(401, "unknown token; expected yours, as your operator gave it to you", headers=CHALLENGE)
        if name not in members(self._policy()):
            raise Rejected(403, f"{name} is in no team; expected a member of one under policies/teams/")
        return name

    def rights(self, member: str) -> Rights:
        """What a member may do now."""
        return rights(self._policy(), member)

    def known(self, name: str) -> None:
        """Raises Rejected (422) if nobody is called so."""
        everybody = members(self._policy())
        if name not in everybody:
            raise Rejected(422, f"nobody is called {name!r}; expected one of {', '.join(sorted(everybody))}")
