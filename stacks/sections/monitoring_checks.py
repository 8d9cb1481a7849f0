"""What must be true of the sections of the monitoring and the policy together."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from alerting.errors import RoutingError
from alerting.model.policy import Policy
from alerting.problem import said
from alerting.retention import MARGIN, least_retention, longest_window
from alerting.routes import alertmanager_config
from alerting.routes.secret_files import secret_files
from alerting.spelling import did_you_mean
from alerting.syntax import Flaw
from stacks.sections.stack import Stack

_RESERVED: Final = ("cluster", "prometheus", "prometheus_replica", "service", "team", "severity", "priority")


def retention_covers_windows(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """A shorter retention would shorten the windows in silence."""
    kept, least = stack.prometheus.retention, least_retention(policy)
    if kept is not None and kept < least:
        yield Flaw(
            path=("prometheus", "retention"),
            wrong=f"got {kept}",
            expected=f"expected at least {least}: the longest window of an objective, {longest_window(policy)}, "
            f"and {MARGIN}",
            fix=f"write {least}, or remove it",
        )


def external_labels_are_free(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """External labels never say again what something else says already."""
    for name in stack.prometheus.external_labels:
        if name in _RESERVED:
            yield Flaw(
                path=("prometheus", "external_labels", name),
                wrong=f"{name} is set by Tocsin",
                expected=f"expected a label other than {', '.join(_RESERVED)}",
                fix="remove it or call it otherwise",
            )


def databases_exist(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Every address is that of a server of a database of the policy."""
    databases = {name: service.database for name, service in policy.services.items() if service.database is not None}
    for name, servers in stack.databases.items():
        if name not in databases:
            yield Flaw(
                path=("databases", name),
                wrong=f"no service {name} with a database",
                expected=f"expected one of {', '.join(sorted(databases)) or 'none: no service has one'}",
                fix=did_you_mean(name, databases, "remove it"),
            )
            continue
        known = [instance.name for instance in databases[name].instances]
        for server in servers:
            if server not in known:
                yield Flaw(
                    path=("databases", name, server),
                    wrong=f"the database {name} has no server {server}",
                    expected=f"expected one of {', '.join(known)}",
                    fix=did_you_mean(server, known, "remove it"),
                )


def receivers_find_their_secrets(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Every file that a receiver reads lies in the one folder that is mounted."""
    try:
        files = secret_files(alertmanager_config(policy))
    except RoutingError as error:
        for line in str(error).splitlines():
            wrong, expected, fix = said(line)
            yield Flaw(path=("alertmanager",), wrong=wrong, expected=expected, fix=fix)
        return
    folder = PurePosixPath(policy.routing.secrets.folder)
    for file in sorted(files):
        if PurePosixPath(file).parent != folder:
            yield Flaw(
                path=("alertmanager",),
                wrong=f"policies/routing.yaml has a receiver read {file}",
                expected=f"expected a file in {folder}, the one folder with secrets that is mounted",
                fix=f"name it {PurePosixPath(file).name}",
            )
