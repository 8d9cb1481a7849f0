"""GitHub as a place outside: what the bot needs for it, made from its settings."""

from typing import Final

from bots.configuration.secret_file import SecretFile
from bots.github import settings as names
from bots.github.budget import Budget
from bots.github.client import GitHub
from bots.github.comments import Comments
from bots.github.credentials import AppCredentials, Credentials, TokenCredentials
from bots.github.deliveries import Deliveries
from bots.github.destination import NAME, GitHubDestination
from bots.github.issue import logins
from bots.github.issues import Issues
from bots.github.listening import Listening
from bots.github.looking import Looking
from bots.github.routes import router
from bots.github.settings import GitHubSettings
from bots.integration import Integration, Toolbox
from bots.outbound.mirror import Mirror

_RECENT: Final = 50
"""Incidents among which the one is that was declared on an issue a moment ago."""


def client(settings: GitHubSettings, tools: Toolbox) -> GitHub:
    """The one client of the repository: its limits hold for whoever writes. Raises SettingsError."""
    return GitHub(
        url=settings.url,
        repository=settings.repository,
        credentials=_credentials(settings, tools),
        budget=Budget(tools.inbox, tools.now),
        inbox=tools.inbox,
        now=tools.now,
    )


def github(settings: GitHubSettings, tools: Toolbox, api: GitHub) -> Integration:
    """Raises SettingsError for a file of secrets that cannot be used."""
    mirror = Mirror(tools.journal, NAME)
    comments = Comments(api, mirror, tools.now, lambda name: next(iter(logins(tools.policy(), (name,))), ""))
    listening = Listening(
        own=api.is_own,
        login=lambda: api.login,
        policy=tools.policy,
        history=tools.reading.get,
        recent=lambda: [one.number for one in tools.reading.find(limit=_RECENT)],
        mirror=mirror,
    )
    issues = Issues(api, tools, mirror)
    issues.recall()
    looking = Looking(api, tools.inbox, mirror, tools.now)
    routes, webhook = [], settings.webhook_secrets_file is not None
    if settings.webhook_secrets_file is not None:
        secrets = SecretFile(settings.webhook_secrets_file, names.WEBHOOK_SECRETS_FILE)
        routes = [router(secrets=secrets, inbox=tools.inbox, metrics=tools.metrics, now=tools.now)]
    return Integration(
        name=NAME,
        routes=tuple(routes),
        destinations=(GitHubDestination(issues, comments, tools),),
        translators={NAME: listening},
        mirrors=(NAME,),
        parts=(Deliveries(api, tools.inbox, looking, tools.public_url, tools.now, webhook=webhook),),
    )


def _credentials(settings: GitHubSettings, tools: Toolbox) -> Credentials:
    if settings.app_key_file is not None:
        return AppCredentials(settings.app_id, settings.app_key_file, settings.repository, tools.now)
    assert settings.token_file is not None
    return TokenCredentials(SecretFile(settings.token_file, names.TOKEN_FILE))
