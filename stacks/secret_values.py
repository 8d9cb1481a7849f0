"""Settings → the Secrets that people fill."""

from collections.abc import Iterable

import pulumi

from components import flavours
from components.alertmanager import SECRETS
from components.database_exporter import credentials
from components.secrets import Aws, Filled, Outside, Secrets, SecretsArgs, Vault
from stacks.monitoring import Monitoring
from stacks.sections.secrets import Secrets as Section
from stacks.sections.secrets_checks import database_names, receiver_keys

_NOTHING = "not-set"
"""What stands for a value that the stack does without."""


def fill(
    monitoring: Monitoring, inside: pulumi.ResourceOptions, after: Iterable[pulumi.Resource]
) -> list[pulumi.Resource]:
    """Registers the Secrets, and gives what must be there before their readers."""
    section = monitoring.stack.secrets
    args = SecretsArgs(
        namespace=monitoring.namespace, secrets=_filled(monitoring), outside=_outside(monitoring, section)
    )
    return [Secrets("secrets", args, inside, after)]


def _filled(monitoring: Monitoring) -> list[Filled]:
    section = monitoring.stack.secrets
    keys = receiver_keys(monitoring.policy, pagerduty=monitoring.stack.pagerduty is not None)
    given = {name: value.get_secret_value() for name, value in section.alertmanager.items()}
    found = [Filled(name=SECRETS, keys=keys, values={key: _hidden(given.get(key, _NOTHING)) for key in keys})]
    for name in database_names(monitoring.policy):
        login = section.databases.get(name)
        username = _NOTHING if login is None else login.username
        password = _NOTHING if login is None else login.password.get_secret_value()
        values = {"username": _hidden(username), "password": _hidden(password)}
        found.append(Filled(name=credentials(name), keys=list(values), values=values))
    return found


def _outside(monitoring: Monitoring, section: Section) -> Outside | None:
    if section.vault is not None:
        there = section.vault
        vault = Vault(
            server=there.server,
            path=there.path,
            mount=there.mount,
            role=there.role,
            namespace=there.namespace,
            ca=there.ca,
        )
        return Outside(store=vault, prefix=section.prefix, identity=flavours.NO_IDENTITY)
    if section.aws is not None:
        identity = flavours.identity(monitoring.cluster.flavour, section.aws.role)
        return Outside(store=Aws(region=section.aws.region), prefix=section.prefix, identity=identity)
    return None


def _hidden(text: str) -> pulumi.Output[str]:
    return pulumi.Output.secret(text)
