"""Remediation: for each action a suspended CronJob, its account and rights, and what admits only Jobs made from it.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi

from alerting.actions import ACTIONS
from alerting.remediations import Target
from components import admission
from components.component import Component
from components.network import policy
from components.objects import Manifest
from components.remediation_access import roles, service_account
from components.remediation_templates import Template, by_schedule, cron_job, job, network, on_demand


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A deployment that is looked at by schedule."""

    target: Target
    schedule: str
    """As in a CronJob, in UTC."""
    request: str
    """What the action is asked to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationArgs:
    """What the jobs need to know."""

    namespace: str
    """Of the templates and of the jobs; it exists already."""
    image: str
    """The bot's image, which holds the actions."""
    targets: Mapping[str, Sequence[Target]]
    """By action; an action without targets can do nothing, but has its template all the same."""
    looks: Sequence[Look] = ()
    cache_secret: str = "cache-credentials"
    """A Secret with passwords of caches, `<namespace>.<service>`; it may be missing."""


class Remediation(Component):
    """Accounts and rights first, then what admits, then the templates."""

    def __init__(
        self,
        name: str,
        args: RemediationArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Remediation", name, opts, after)
        before = self.place_all(manifests(args))
        self.place_all([cron_job(template, args.namespace, args.image) for template in templates(args)], before)
        self.finish(namespace=args.namespace, templates=[template.name for template in templates(args)])


def templates(args: RemediationArgs) -> list[Template]:
    """Every CronJob of the namespace."""
    by_hand = [on_demand(action, args.cache_secret) for action in ACTIONS.values()]
    return [*by_hand, *(by_schedule(look.target, look.schedule, look.request) for look in args.looks)]


def manifests(args: RemediationArgs) -> list[Manifest]:
    """Everything but the CronJobs."""
    found: list[Manifest] = []
    for action in ACTIONS.values():
        found.append(service_account(action, args.namespace))
        found += roles(action, _targets(args, action.name), args.namespace)
    found += _networks(args)
    jobs = {template.kind: job(template, args.image) for template in templates(args)}
    return [*found, *admission.manifests(args.namespace, jobs)]


def _networks(args: RemediationArgs) -> Iterator[Manifest]:
    for kind, template in {template.kind: template for template in templates(args)}.items():
        allowed = network(template, _targets(args, template.action.name))
        yield policy(kind, args.namespace, template.selector, allowed)


def _targets(args: RemediationArgs, action: str) -> tuple[Target, ...]:
    """Those of the policies, and what is looked at by schedule."""
    looked_at = [look.target for look in args.looks] if action == "run_diagnostics" else []
    return tuple(sorted({*args.targets.get(action, ()), *looked_at}))
