"""PagerDuty as a place outside: what the bot needs for it, made from its settings."""

from bots.configuration.secret_file import SecretFile
from bots.integration import Integration, Toolbox
from bots.outbound.mirror import Mirror
from bots.pagerduty import settings as names
from bots.pagerduty.client import Client
from bots.pagerduty.inbound import Inbound
from bots.pagerduty.matching import Matching
from bots.pagerduty.mirror import PagerDutyMirror
from bots.pagerduty.parts import Parts
from bots.pagerduty.people import Directory
from bots.pagerduty.routes import router
from bots.pagerduty.settings import PagerDutySettings
from bots.pagerduty.translate import SOURCE
from bots.pagerduty.waiting import WAITING, Waiting


def pagerduty(settings: PagerDutySettings, tools: Toolbox) -> Integration:
    """Raises SettingsError for a file of secrets that cannot be used."""
    client = Client(settings.url, SecretFile(settings.token_file, names.TOKEN_FILE))
    mirror, matching = Mirror(tools.journal, SOURCE), Matching(tools.policy, tools.reading)
    parts, directory = Parts(mirror), Directory(tools.inbox)
    inbound = Inbound(tools, parts, matching, directory, settings.sender)
    routes = []
    if settings.webhook_secrets_file is not None:
        secrets = SecretFile(settings.webhook_secrets_file, names.WEBHOOK_SECRETS_FILE)
        routes = [router(secrets=secrets, inbox=tools.inbox, metrics=tools.metrics, now=tools.now)]
    return Integration(
        name=SOURCE,
        routes=tuple(routes),
        destinations=(
            PagerDutyMirror(client, tools, mirror, parts, matching, settings.sender),
            Waiting(client, tools, parts, matching, directory),
        ),
        translators={SOURCE: inbound, WAITING: inbound.again},
        mirrors=(SOURCE,),
    )
