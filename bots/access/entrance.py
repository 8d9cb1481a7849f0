"""The way in, made from the settings: who vouches for people on the API, and the door of the pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerting.model.policy import Policy
from bots.access import settings as names
from bots.access.ended import Ended
from bots.access.login import Door, Guest
from bots.access.oidc import Issuer, Verifier
from bots.access.providers import GitHubLogin, Provider, SignOn
from bots.access.settings import AccessSettings
from bots.access.signed import Facts, Signer
from bots.configuration.secret_file import SecretFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What the settings make."""

    verifier: Verifier | None
    """Of tokens on the API; None where there is no single sign-on."""
    door: Door | None
    """None where nobody has to log in to look at pages."""

    def guests(self, request: Request) -> Guest | Response | None:
        """Who looks at a page; the way to the login for whoever is not known."""
        if self.door is None:
            return None
        guest = self.door.guest(request)
        if guest is not None:
            return guest
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 302, headers={"Cache-Control": "no-store"})


def entrance(
    settings: AccessSettings,
    facts: Facts,
    *,
    policy: Callable[[], Policy],
    public_url: Callable[[], str],
    now: Callable[[], datetime],
) -> Entrance:
    """Raises SettingsError for a file of secrets that cannot be used, StorageFull."""
    verifier = None
    providers: list[Provider] = []
    if settings.sign_on is not None:
        issuer = Issuer(settings.sign_on.issuer, now)
        claim = settings.sign_on.groups_claim
        verifier = Verifier(issuer, settings.sign_on.audience, claim, now)
        if settings.sign_on.client is not None:
            client = settings.sign_on.client
            secret = SecretFile(client.secret_file, names.CLIENT_SECRET_FILE)
            providers.append(SignOn(issuer, Verifier(issuer, client.id, claim, now), client.id, secret))
    if settings.github is not None:
        client = settings.github.client
        secret = SecretFile(client.secret_file, names.GITHUB_CLIENT_SECRET_FILE)
        providers.append(GitHubLogin(settings.github.url, settings.github.api_url, client.id, secret))
    if not providers:
        return Entrance(verifier=verifier, door=None)
    door = Door(providers, Signer(facts, now()), Ended(facts), policy=policy, public_url=public_url, now=now)
    return Entrance(verifier=verifier, door=door)
