"""Settings → the finished values that the bot and its remediations take."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import pulumi

from alerting.remediations import Target, targets
from components.alertmanager import NAME as ALERTMANAGER
from components.bot import (
    ALERTMANAGER_TOKENS,
    GIT_CREDENTIALS,
    KNOWN_HOSTS,
    MEMBER_TOKENS,
    SSH_KEY,
    Bot,
    BotArgs,
    digest,
)
from components.bot_ingress import PublicAccess
from components.namespaces import REMEDIATION
from components.remediation import Look, Remediation, RemediationArgs
from components.remediation_templates import look_request
from stacks import bot_places
from stacks.monitoring import Monitoring, resources
from stacks.sections.bot import ANYWHERE
from stacks.sections.bot import Bot as BotSection
from stacks.sections.remediation import Remediation as RemediationSection

_EVERYBODY: Final = ("0.0.0.0/0", "::/0")


def incidents(monitoring: Monitoring, inside: pulumi.ResourceOptions, after: Iterable[pulumi.Resource]) -> None:
    """Registers the bot and the actions it may run, if the stack has them."""
    section, remediation = monitoring.stack.bot, monitoring.stack.remediation
    if section is None:
        return
    told = Incidents(monitoring, section)
    ready = list(after)
    if remediation is not None:
        ready.append(Remediation("remediation", told.remediation(remediation), inside, after=after))
    Bot("bot", told.bot(remediates=remediation is not None), inside, after=ready)


class Incidents:
    """The values of one stack's bot."""

    def __init__(self, monitoring: Monitoring, section: BotSection) -> None:
        """Computes nothing yet."""
        self._monitoring, self._section = monitoring, section

    def bot(self, *, remediates: bool) -> BotArgs:
        """Of the bot."""
        monitoring, section, cluster = self._monitoring, self._section, self._monitoring.cluster
        issuer = cluster.public_issuer
        public = monitoring.policy.routing.public_bot_url
        secrets = self._secrets()
        return BotArgs(
            namespace=monitoring.namespace,
            image=section.image,
            platform=monitoring.platform,
            resources=resources(section.resources),
            storage=section.storage,
            storage_class=monitoring.storage_class,
            remote=section.remote,
            ssh_port=urlsplit(section.remote).port or 22 if section.remote.startswith("ssh://") else 22,
            prometheus_urls=self._prometheus_urls(),
            alertmanager_urls=self._alertmanager_urls(),
            public_url=public,
            remediation_namespace=REMEDIATION if remediates else None,
            tls=cluster.tls,
            ingress_namespace=cluster.ingress_namespace,
            access=PublicAccess(
                host=urlsplit(public).hostname or "",
                ingress_class=cluster.ingress_class,
                issuer=None if issuer is None else (issuer.kind, issuer.name),
                networks=_networks(section),
            ),
            places=bot_places.places(section),
            secrets={name: pulumi.Output.secret(value) for name, value in secrets.items()},
            secrets_digest=digest(secrets) if secrets else "",
            store_prefix=monitoring.stack.secrets.prefix if monitoring.stack.secrets.outside else None,
        )

    def remediation(self, section: RemediationSection) -> RemediationArgs:
        """Of the actions."""
        wanted = targets(self._monitoring.policy)
        deployments = sorted({one for some in wanted.values() for one in some if one.key == "deployment"})
        return RemediationArgs(
            namespace=REMEDIATION,
            image=self._section.image,
            targets=wanted,
            looks=[] if section.look is None else [_look(one, section.look) for one in deployments],
            cache_secret=section.cache_secret,
        )

    def _secrets(self) -> Mapping[str, str]:
        secrets = self._section.secrets
        if secrets is None:
            return {}
        found = {
            ALERTMANAGER_TOKENS: secrets.alertmanager_tokens,
            MEMBER_TOKENS: secrets.member_tokens,
            SSH_KEY: secrets.ssh_key,
            KNOWN_HOSTS: secrets.known_hosts,
            GIT_CREDENTIALS: secrets.git_credentials,
            bot_places.PAGERDUTY_TOKEN: secrets.pagerduty_token,
            bot_places.PAGERDUTY_WEBHOOK_SECRETS: secrets.pagerduty_webhook_secrets,
            bot_places.SLACK_TOKEN: secrets.slack_token,
            bot_places.SLACK_SIGNING_SECRETS: secrets.slack_signing_secrets,
            bot_places.SLACK_APP_TOKEN: secrets.slack_app_token,
            bot_places.GITHUB_TOKEN: secrets.github_token,
            bot_places.GITHUB_APP_KEY: secrets.github_app_key,
            bot_places.GITHUB_WEBHOOK_SECRETS: secrets.github_webhook_secrets,
            bot_places.JIRA_TOKEN: secrets.jira_token,
            bot_places.SIGN_ON_CLIENT_SECRET: secrets.sign_on_client_secret,
            bot_places.GITHUB_LOGIN_SECRET: secrets.github_login_secret,
        }
        # A key that does not end in a newline is no key for SSH.
        return {name: f"{value.get_secret_value().strip()}\n" for name, value in found.items() if value is not None}

    def _prometheus_urls(self) -> list[str]:
        """Every server, since the bot compares what each one says."""
        section, place = self._monitoring.stack.prometheus, f"prometheus-operated.{self._monitoring.namespace}.svc:9090"
        return [
            f"{self._scheme}://prometheus-prometheus-{shard}-{replica}.{place}"
            for shard in range(section.shards)
            for replica in range(section.replicas)
        ]

    def _alertmanager_urls(self) -> list[str]:
        place = f"alertmanager-operated.{self._monitoring.namespace}.svc:9093"
        replicas = range(self._monitoring.stack.alertmanager.replicas)
        return [f"{self._scheme}://alertmanager-{ALERTMANAGER}-{replica}.{place}" for replica in replicas]

    @property
    def _scheme(self) -> str:
        return "https" if self._monitoring.cluster.tls else "http"


def _look(target: Target, schedule: str) -> Look:
    return Look(target=target, schedule=schedule, request=look_request(target))


def _networks(section: BotSection) -> Sequence[str]:
    """Whose people the ingress lets in."""
    return _EVERYBODY if ANYWHERE in section.networks else section.networks
