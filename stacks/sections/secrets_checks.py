"""What must fit together between `tocsin:secrets` and the policy."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from alerting.errors import RoutingError
from alerting.model.policy import Policy
from alerting.routes import alertmanager_config
from alerting.routes.receivers import pagerduty_key_file
from alerting.routes.secret_files import secret_files
from alerting.spelling import did_you_mean
from alerting.syntax import Flaw
from stacks.sections.secrets import Secrets
from stacks.sections.stack import Stack


def receiver_keys(policy: Policy, *, pagerduty: bool) -> list[str]:
    """The files that receivers read and somebody has to fill; PagerDuty's keys only if no component makes them."""
    try:
        files = {PurePosixPath(file).name for file in secret_files(alertmanager_config(policy))}
    except RoutingError:
        return []  # the check of the routes says it
    if pagerduty:
        files -= {PurePosixPath(pagerduty_key_file(policy.routing, service)).name for service in policy.services}
    return sorted(files)


def database_names(policy: Policy) -> list[str]:
    """The services that are databases."""
    return sorted(name for name, service in policy.services.items() if service.database is not None)


def secrets_are_complete(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Every secret that something reads has a value, and every value is read."""
    section = stack.secrets
    if section.outside:
        return
    keys, databases = receiver_keys(policy, pagerduty=stack.pagerduty is not None), database_names(policy)
    of_policy = "a file that policies/routing.yaml has a receiver read"
    yield from _unknown("alertmanager", section.alertmanager, keys, of_policy)
    yield from _unknown("databases", section.databases, databases, "a service with a database")
    if section.missing == "refuse":
        yield from _missing(section, keys, databases)


def _unknown(key: str, given: Mapping[str, Any], known: Iterable[str], what: str) -> Iterator[Flaw]:
    for name in sorted(given.keys() - set(known)):
        yield Flaw(
            path=("secrets", key, name),
            wrong=f"{name} is not a key here",
            expected=f"expected {what}",
            fix=did_you_mean(name, known, "remove it"),
        )


def _missing(section: Secrets, keys: Iterable[str], databases: Iterable[str]) -> Iterator[Flaw]:
    wanted = [("alertmanager", name, "") for name in keys if name not in section.alertmanager]
    wanted += [("databases", name, ".password") for name in databases if name not in section.databases]
    for key, name, last in wanted:
        yield Flaw(
            path=("secrets", key),
            wrong=f"{name} is missing",
            expected="expected a value, a store outside (vault or aws), or `missing: empty`",
            fix=f"run `pulumi config set --secret --path 'tocsin:secrets.{key}[\"{name}\"]{last}'`",
        )


def identity_of_aws(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Only EKS gives pods a role of IAM."""
    if stack.secrets.aws is not None and stack.cluster.flavour != "eks":
        yield Flaw(
            path=("secrets", "aws"),
            wrong=f"got aws on {stack.cluster.flavour}",
            expected="expected a cluster of flavour eks, whose pods can have a role of IAM",
            fix="use vault, or leave both away and give the values here",
        )
