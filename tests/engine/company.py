"""What the miniature company's small stack is given so that it has every part, with secrets that are easy to find."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Final

from pulumi.automation import ConfigValue

STACK: Final = "dev"
_RECEIVERS: Final = ("bot-token", "dead-mans-switch-url", "slack-token")
_PHONES: Final = {"ana-phone": "912345678", "eli-phone": "15123456789"}
_COUNTRIES: Final = {"ana-phone": "+351", "eli-phone": "+49"}
_SECRETS: Final[Mapping[str, str]] = {
    "pagerduty.token": "canary-of-pagerduty",
    "github.token": "canary-of-github",
    "github.webhook_secret": "canary-of-the-webhook",
    "grafana.server.admin_password": "canary-of-the-administrator",
    "grafana.server.secret_key": "canary-of-the-database-of-grafana",
    "grafana.server.login.okta.client_secret": "canary-of-okta",
    "bot.secrets.alertmanager_tokens": "canary-of-alertmanager",
    "bot.secrets.member_tokens": f"{'0' * 64} ana",
    "bot.secrets.ssh_key": "canary-of-git\ncanary-of-its-second-line",
    "bot.secrets.known_hosts": "canary.example.com ssh-ed25519 AAAA",
    "objectStore.in_cluster.secret_key": "canary-of-the-object-store",
    "secrets.databases.payments-db.password": "canary-of-the-database",
    **{f'secrets.alertmanager["{name}"]': f"canary-of-the-{name}" for name in _RECEIVERS},
    **{f'pagerduty.phones["{name}"]': f"{_COUNTRIES[name]} {number}" for name, number in _PHONES.items()},
}
"""By their place below `tocsin:`, as people give them to `pulumi config set --secret --path`."""
_PLAIN: Final[Mapping[str, str]] = {
    "github.owner": "example",
    "github.repository": "tocsin",
    "github.bot.deploy_key": "true",
    "grafana.server.login.okta.client_id": "0oaexample",
    "grafana.server.login.okta.url": "https://example.okta.com",
    "grafana.server.login.okta.admins": "sre",
    "secrets.databases.payments-db.username": "exporter",
    "secrets.missing": "refuse",
}
_MADE_UP: Final = ("key-of-integration-", "secret-of-webhook-")
"""How the secrets begin that providers make up: tools.program.computed."""
_CANARIES: Final = ("canary", *_PHONES.values(), *_MADE_UP)


def settings() -> dict[str, ConfigValue]:
    """What is set beside the file of the stack."""
    plain = {f"tocsin:{key}": ConfigValue(value) for key, value in _PLAIN.items()}
    return plain | {f"tocsin:{key}": ConfigValue(value, secret=True) for key, value in _SECRETS.items()}


def leaks(text: str) -> list[str]:
    """The secrets that somebody can read in a text, in clear or as a Secret has them; each with what is around it."""
    found = []
    for canary in _CANARIES:
        for form in _forms(canary):
            at = text.find(form)
            if at >= 0:
                found.append(f"{canary}: …{text[max(at - 80, 0) : at + len(form) + 40]}…")
    return found


def _forms(canary: str) -> Iterator[str]:
    """In clear, and in base64 wherever in the encoded bytes it begins."""
    yield canary
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + canary.encode()).decode()
        # What the bytes before and after have a part in is cut off.
        yield coded[-(-before * 8 // 6) : (before + len(canary)) * 8 // 6]


def speaking_of(state: str, words: str) -> set[str]:
    """The URNs of an exported state's resources in whose inputs the words stand."""
    listed = json.loads(state)["deployment"]["resources"]
    return {one["urn"] for one in listed if words in json.dumps(one.get("inputs", {}))}
