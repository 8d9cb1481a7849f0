"""Bindings of alerts to remediation actions, in services and in runbooks, and the guard rails around them."""

from collections.abc import Iterator
from typing import Final

from alerting import names
from alerting.actions import ACTIONS, check_binding
from alerting.checks.catalog import alerts
from alerting.checks.given import Given
from alerting.health import WINDOW
from alerting.model.access import Role
from alerting.model.action import RemediationBinding
from alerting.model.quantities import Duration
from alerting.model.service import Service
from alerting.problem import Problem
from alerting.remediations import bindings, bound
from alerting.sources import ACCESS, CATALOG, REMEDIATION, RUNBOOK, SERVICE, TEAM

_LEAST: Final = Duration(60_000)
_TARGETS: Final = tuple(dict.fromkeys(key for action in ACTIONS.values() for key in action.target))


def alerts_exist(given: Given) -> Iterator[Problem]:
    """A service binds actions to its own alerts: those of its SLOs, and those of the catalogue."""
    if not given.whole(CATALOG):
        return
    shared = {alert.alert for _, _, alert in alerts(given)}
    for name, service in given.policy.services.items():
        own = {names.burn_alert(name, slo.name) for slo in service.slos}
        for key in service.remediations:
            if key not in own and key not in shared:
                yield given.unknown(SERVICE, name, ("remediations", key), "alert", key, frozenset(own | shared))


def services_bind_wholly(given: Given) -> Iterator[Problem]:
    """A service's binding names a known action and parameters within their bounds, and all of its target is known."""
    for name, service in given.policy.services.items():
        for key in service.remediations:
            whole = bound(given.policy, service, key)
            assert whole is not None, "the service binds something to it"
            for complaint in check_binding(whole, whole=True):
                yield given.complaint_below(SERVICE, name, ("remediations", key), complaint)


def targets_are_known(given: Given) -> Iterator[Problem]:
    """What a service's actions act on by default has keys that actions know."""
    for name, service in given.policy.services.items():
        for key in service.target:
            if key not in _TARGETS:
                yield given.unknown(SERVICE, name, ("target", key), "target", key, frozenset(_TARGETS))


def runbooks_bind(given: Given) -> Iterator[Problem]:
    """A runbook's binding names a known action and parameters within their bounds; the service may name the target."""
    for name, runbook in given.policy.runbooks.items():
        if runbook.remediation is not None:
            for complaint in check_binding(runbook.remediation, whole=False):
                yield given.complaint_below(RUNBOOK, name, ("remediation",), complaint)


def runbooks_reach_a_target(given: Given) -> Iterator[Problem]:
    """Of the services whose alert a runbook is for, at least one says what its action acts on; a warning."""
    services = given.policy.services.values()
    if not given.whole(SERVICE, CATALOG, RUNBOOK) or not any(one.target or one.remediations for one in services):
        # Who has not begun with remediation need not hear of it.
        return
    reached = {
        given_runbook
        for service, alert, binding in bindings(given.policy)
        if _complete(binding)
        for given_runbook in (alert, *_shared(service, alert))
    }
    for name, runbook in given.policy.runbooks.items():
        action = runbook.remediation and ACTIONS.get(runbook.remediation.action)
        if action and not runbook.remediation.target and name not in reached:  # type: ignore[union-attr]  # as above
            yield given.warning(
                RUNBOOK,
                name,
                ("remediation",),
                f"no service says what {action.name} acts on, so it can never run",
                f"expected {', '.join(action.target)} in the `target` of a service that has the alert",
                "add `target` to the service's file, or remove the remediation",
            )


def _shared(service: Service, alert: str) -> Iterator[str]:
    """The runbook that an SLO's alert shares with others."""
    for slo in service.slos:
        if slo.runbook is not None and names.burn_alert(service.service, slo.name) == alert:
            yield slo.runbook


def _complete(binding: RemediationBinding) -> bool:
    action = ACTIONS.get(binding.action)
    return action is not None and set(action.target) == set(binding.target)


def runbooks_and_services_agree(given: Given) -> Iterator[Problem]:
    """The runbook of a service's own alert says the same as the service about its action; a warning."""
    for name, service in given.policy.services.items():
        for slo in service.slos:
            key = names.burn_alert(name, slo.name)
            own, runbook = service.remediations.get(key), given.policy.runbooks.get(key)
            general = runbook.remediation if runbook is not None else None
            if own is None or general is None or slo.runbook not in (None, key):
                continue
            yield from _contradictions(given, name, key, own, general)


def _contradictions(
    given: Given, name: str, key: str, own: RemediationBinding, general: RemediationBinding
) -> Iterator[Problem]:
    file = RUNBOOK.file(key)
    said: list[tuple[str, object, object]] = [("action", own.action, general.action)]
    if own.action == general.action:
        both = (("automatic", own.automatic, general.automatic), ("approval", own.approval, general.approval))
        said += [one for one in both if None not in one]
    for field, ours, theirs in said:
        if ours != theirs:
            yield given.warning(
                SERVICE,
                name,
                ("remediations", key, field),
                f"it is {_word(ours)} here and {_word(theirs)} in {file}",
                "expected the same in both, since the alert is of this service only",
                f"correct one of them; this file wins, and people read {file}",
            )


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def success_can_be_judged(given: Given) -> Iterator[Problem]:
    """What changes something by itself does so for a service with an objective: else nobody can tell if it helped."""
    for service, alert, binding in bindings(given.policy):
        if binding.automatic and not service.slos and ACTIONS.get(binding.action) and ACTIONS[binding.action].changes:
            own = alert in service.remediations
            yield given.error(
                SERVICE if own else RUNBOOK,
                service.service if own else alert,
                ("remediations", alert) if own else ("remediation",),
                f"{binding.action} runs by itself for {service.service}, which has no objective",
                "expected an SLO, since its SLI says whether an action has helped",
                "add an SLO to the service, or `automatic: false`",
            )


def somebody_may_approve(given: Given) -> Iterator[Problem]:
    """For every action that needs approval there are two people: one who may ask for it, and one who may approve it."""
    if not given.whole(TEAM) or not given.policy.services:
        return
    for action in sorted({binding.action for _, _, binding in bindings(given.policy) if _needs(given, binding)}):
        asking, approving = (_people(given, action, right) for right in ("run", "approve"))
        if asking is None or approving is None or any(a != b for a in asking for b in approving):
            continue
        who = ", ".join(sorted(approving)) or "nobody"
        yield given.error(
            ACCESS,
            "",
            ("grants",),
            f"{action} needs the approval of a second person, and {who} may give it",
            "expected somebody beside whoever asks for it",
            "grant a role with the action in `approve`, or set `approval: false` in policies/remediation.yaml",
        )


def _needs(given: Given, binding: RemediationBinding) -> bool:
    action = ACTIONS.get(binding.action)
    if action is None or not action.changes or not _complete(binding):
        return False
    return given.policy.remediation.approval if binding.approval is None else binding.approval


def _people(given: Given, action: str, right: str) -> frozenset[str] | None:
    """Who has a right by the files; None if it is granted to people whom only GitHub or the single sign-on knows."""
    found: set[str] = set()
    for grant in given.policy.access.grants:
        if not any({action, "*"} & set(getattr(role, right)) for role in _roles(given, grant.role)):
            continue
        if grant.to.github_team is not None or grant.to.oidc_group is not None:
            return None
        if grant.to.member is not None:
            found.add(grant.to.member)
        if grant.to.slack_user is not None:
            everybody = (member for team in given.policy.teams.values() for member in team.members)
            found |= {member.name for member in everybody if member.slack == grant.to.slack_user}
        team = given.policy.teams.get(grant.to.team or "")
        found |= {member.name for member in team.members} if team is not None else set()
    return frozenset(found)


def _roles(given: Given, name: str | None) -> Iterator[Role]:
    seen: set[str] = set()
    while name is not None and name not in seen and name in given.policy.access.roles:
        seen.add(name)
        role = given.policy.access.roles[name]
        yield role
        name = role.extends


def limits_agree(given: Given) -> Iterator[Problem]:
    """The numbers of the guard rails can all be reached, and the time to see a success is long enough for one."""
    told = given.policy.remediation
    limits, verify = told.attempts, told.verify
    if limits.per_target > limits.per_hour:
        yield given.error(
            REMEDIATION,
            "",
            ("attempts", "per_target"),
            f"{limits.per_target} attempts an hour on one target are more than the {limits.per_hour} on all together",
            "expected at most as many",
            "lower `per_target`, or raise `per_hour`",
        )
    least = Duration(WINDOW.ms + verify.hold.ms)
    if verify.within < least:
        yield given.error(
            REMEDIATION,
            "",
            ("verify", "within"),
            f"within {verify.within} no action can be seen to have helped",
            f"expected at least {least}: {WINDOW} that the SLI looks back, and {verify.hold} that it has to hold",
            f"write at least {least}",
        )


def times_are_long_enough(given: Given) -> Iterator[Problem]:
    """There is time for a second person to approve, and a success is more than one good figure."""
    told = given.policy.remediation
    times = (
        (("approve_within",), told.approve_within, "a request lapses before anybody can approve it"),
        (("verify", "hold"), told.verify.hold, "one good figure would do, and says nothing"),
    )
    for place, length, wrong in times:
        if length < _LEAST:
            fix = f"write at least {_LEAST}"
            yield given.error(REMEDIATION, "", place, f"{length}: {wrong}", f"expected at least {_LEAST}", fix)


def freeze_still_holds(given: Given) -> Iterator[Problem]:
    """A freeze that has ended is only in the way; a warning, since time alone must not break the main branch."""
    freeze = given.policy.remediation.freeze
    if freeze is not None and freeze.until is not None and freeze.until <= given.at:
        yield given.warning(
            REMEDIATION,
            "",
            ("freeze", "until"),
            f"it ended on {freeze.until:%Y-%m-%d at %H:%M} UTC",
            "expected a freeze that holds or will",
            "remove `freeze`; git keeps its history",
        )
