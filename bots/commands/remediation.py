"""Remediation: which action an alert is bound to, and what a request for it records. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from alerting.actions import check_binding
from alerting.model.action import RemediationBinding
from bots.guards.attempted import aim, changes
from bots.guards.rails import Wanted
from bots.incident import History
from bots.rulebook import Rules
from bots.timeline.alert_state import AlertState
from bots.timeline.effect import RemediationDue, RunRemediation
from bots.timeline.event import BOT
from bots.timeline.intake import Command
from bots.timeline.state import Incident, Remediation, Status, incident_name
from bots.words.phrases import moment

WANTED_WITHIN: Final = timedelta(minutes=15)
"""What was asked for, or an alert that has fired, for longer than this is nothing to act on by itself any more: people
have been at it."""


def chosen(incident: Incident, rules: Rules, action: str, alert: str) -> tuple[AlertState, RemediationBinding] | str:
    """The alert that an action is asked for, with its binding; or, as the end of a sentence, why there is none."""
    bound = [
        (state, binding)
        for state in incident.alerts_in_order
        if (binding := rules.binding(incident.service, state.name)) is not None
    ]
    fitting = [pair for pair in bound if pair[1].action == action and alert in ("", pair[0].name)]
    # Of several, what fires now is meant.
    fitting.sort(key=lambda pair: not pair[0].firing)
    if not fitting:
        which = ", ".join(sorted({binding.action for _, binding in bound})) or "none"
        of = f"alert {alert} of it" if alert else "alert of it"
        return f"has no {of} that is bound to {action}; bound to its alerts: {which}"
    wrong = check_binding(fitting[0][1], whole=True)
    if wrong:
        return f"cannot be remedied by {action}: {'; '.join(wrong)} in the policy of {incident.service}"
    return fitting[0]


def wanted(
    incident: Incident, alert: AlertState, binding: RemediationBinding, *, automatic: bool, dry_run: bool
) -> Wanted:
    """A request as the guard rails see it."""
    return Wanted(
        incident=incident.number,
        service=incident.service,
        alert=alert.name,
        severity=alert.severity,
        action=binding.action,
        target=aim(binding.target),
        automatic=automatic,
        dry_run=dry_run,
    )


def wanted_again(incident: Incident, attempt: Remediation) -> Wanted:
    """The same for an attempt that was asked for before."""
    severity = next((one.severity for one in incident.alerts_in_order if one.name == attempt.alert), "page")
    return Wanted(
        incident=incident.number,
        service=incident.service,
        alert=attempt.alert,
        severity=severity,
        action=attempt.action,
        target=aim(attempt.target),
        automatic=attempt.automatic,
        dry_run=attempt.dry_run,
        attempt=attempt.attempt,
    )


def over(incident: Incident) -> str:
    """Why nothing is run in an incident, as the end of a sentence; empty if it goes on."""
    if incident.inputs.duplicate_of is not None:
        other = incident_name(incident.inputs.duplicate_of)
        return f"is a duplicate of {other}, whose outcome it inherits; run the remediation there"
    if incident.status is Status.RESOLVED:
        return "is resolved; reopen it before you run a remediation in it"
    if incident.status is Status.CLOSED:
        at = f" at {moment(incident.closed_at)} UTC" if incident.closed_at else ""
        return f"was closed by {incident.closed_by}{at}; reopen it before you run a remediation in it"
    return ""


def withdrawn(incident: Incident, attempt: Remediation, rules: Rules) -> str:
    """Why an attempt must not run any more as it was asked for, as the end of a sentence; empty if it may.

    Time passes until it is approved, and until nobody else works on its target: incidents end, and policies change.
    """
    if why := over(incident):
        return why
    number, again = attempt.attempt, "ask for it again if it is still wanted"
    binding = rules.binding(incident.service, attempt.alert)
    asked_for = (attempt.action, attempt.target, attempt.parameters)
    if binding is None or (binding.action, binding.target, binding.parameters) != asked_for:
        return f"has an attempt {number} whose action is no longer bound to {attempt.alert} like that; {again}"
    if only_dry(binding, rules) and not attempt.dry_run:
        return f"has an attempt {number} that was asked for before the policies said `dry_run`; {again}"
    firing = any(one.firing for one in incident.alerts_in_order if one.name == attempt.alert)
    if attempt.automatic and not attempt.approved_by and not firing:
        return f"has no {attempt.alert} that still fires; {again}"
    return ""


def stale(run: RunRemediation, history: History | None, rules: Rules) -> str:
    """Why a run that was allowed must not begin any more, as a sentence; empty if it may."""
    attempt = None if history is None else history.state.attempt(run.attempt)
    if history is None or attempt is None:
        return ""
    why = withdrawn(history.state, attempt, rules)
    return f"{history.state.name} {why}" if why else ""


def begun(run: RunRemediation, history: History | None) -> bool:
    """Whether the record says that a run began, or cannot say."""
    attempt = None if history is None else history.state.attempt(run.attempt)
    return attempt is None or attempt.started_at is not None


def only_dry(binding: RemediationBinding, rules: Rules) -> bool:
    """Whether the policies let the action only say what it would do."""
    return rules.limits.dry_run or bool(binding.dry_run)


def needs_approval(binding: RemediationBinding, rules: Rules, *, automatic: bool, dry_run: bool) -> bool:
    """Whether another person has to consent before it runs."""
    if dry_run or not changes(binding.action):
        return False
    if binding.approval is not None:
        return binding.approval
    return rules.limits.approval and not automatic


def requested(
    incident: Incident, rules: Rules, alert: str, binding: RemediationBinding, *, dry_run: bool, automatic: bool
) -> Mapping[str, Any]:
    """What a request records."""
    own = [known.attempt for known in incident.inputs.remediations if known.inherited_from is None]
    return {
        "attempt": max(own, default=0) + 1,
        "action": binding.action,
        "alert": alert,
        "target": dict(binding.target),
        "parameters": dict(binding.parameters),
        "automatic": automatic or None,
        "dry_run": dry_run or None,
        "approval": needs_approval(binding, rules, automatic=automatic, dry_run=dry_run) or None,
    }


def automatic(rules: Rules, due: RemediationDue, command_at: datetime) -> Command | None:
    """The command that asks for the action bound to an alert, if that may run by itself."""
    binding = rules.binding(due.service, due.alert)
    if binding is None or not binding.automatic:
        return None
    return Command(
        key=due.key,
        received_at=command_at,
        name="run",
        by=BOT,
        incident=due.incident,
        args={"action": binding.action, "alert": due.alert, "automatic": True},
        source="remediation",
    )
