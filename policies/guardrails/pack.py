"""The guardrails as a policy pack of Pulumi; all of them are mandatory.

The SDK says what is a secret only to a policy that remediates: so one does, which changes nothing and keeps what it
saw. The engine asks it about each resource before the others: https://www.pulumi.com/docs/iac/crossguard/
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Secret,
    StackValidationArgs,
    StackValidationPolicy,
)

from alerting import policy as policies
from alerting.model.policy import Policy as Company
from policies.guardrails.registered import Path as Place
from policies.guardrails.registered import Resource
from policies.guardrails.rule import ResourceRule, StackRule
from policies.guardrails.table import RULES

NAME: Final = "tocsin"
SEEING: Final = "seen"
# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go: what stands for unknown values.
_UNKNOWN: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


def serve(root: Path) -> None:
    """Answers the engine until it ends; raises PolicyError for a repository with mistakes."""
    PolicyPack(NAME, Pack(policies.load(root)).policies(), EnforcementLevel.MANDATORY)


class Pack:
    """The rules with what they need to know of the run."""

    def __init__(self, company: Company) -> None:
        """Has seen nothing yet."""
        self._company = company
        self._seen: dict[str, Resource] = {}

    def policies(self) -> list[Policy]:
        """One for each rule, after the one that keeps what was seen."""
        seeing = ResourceValidationPolicy(
            name=SEEING,
            description="Keeps which values are secrets, for the other rules; changes nothing.",
            remediate=self._see,
            enforcement_level=EnforcementLevel.REMEDIATE,
        )
        return [seeing, *(self._of(rule) for rule in RULES)]

    def _of(self, rule: ResourceRule | StackRule) -> Policy:
        about: dict[str, Any] = {"name": rule.name, "description": rule.means}
        if isinstance(rule, ResourceRule):
            return ResourceValidationPolicy(**about, validate=self._one(rule))
        return StackValidationPolicy(**about, validate=self._whole(rule))

    def _see(self, args: ResourceValidationArgs) -> None:
        self._seen[args.urn] = resource(args)

    def _one(self, rule: ResourceRule) -> Any:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            for message in rule.check(self._seen.get(args.urn) or resource(args), self._company):
                report(message, None)

        return validate

    def _whole(self, rule: StackRule) -> Any:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            # What was registered rather than what a provider made of it: it says what is a secret.
            found = [self._seen.get(one.urn) or resource(one) for one in args.resources]
            for about, message in rule.check(found, self._company):
                report(message, None if about is None else about.urn)

        return validate


def resource(args: Any) -> Resource:
    """A resource of the SDK as the rules see it."""
    secrets: set[Place] = set()
    inputs = plain(args.props, secrets)
    return Resource(type=args.resource_type, name=args.name, urn=args.urn, inputs=inputs, secrets=frozenset(secrets))


def plain(value: Any, secrets: set[Place], path: Place = ()) -> Any:
    """A value of the SDK, proxies and all, as Python's own; adds the paths of secrets to the set."""
    if isinstance(value, Secret):
        secrets.add(path)
        return plain(value.value, secrets, path)
    if isinstance(value, str):
        return None if value in _UNKNOWN else value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, Mapping):
        # A proxy raises for an unknown value, and hides secrets; what is behind it does neither.
        behind = value if isinstance(value, dict) else plain_proxy(value)
        return {key: plain(item, secrets, (*path, key)) for key, item in behind.items()}
    if hasattr(value, "__len__"):
        behind = value if isinstance(value, list) else plain_proxy(value)
        return [plain(item, secrets, (*path, at)) for at, item in enumerate(behind)]
    return None  # an asset or an archive: a file, whose contents no rule reads


def plain_proxy(value: Any) -> Any:
    """What a proxy of the SDK stands for; a proxy may stand for another."""
    while not isinstance(value, dict | list):
        value = value["__target"]
    return value
