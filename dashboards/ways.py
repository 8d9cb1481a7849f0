"""The ways out of a dashboard: to the other ones, to runbooks and to incidents."""

from typing import Final

from alerting import names
from alerting.model.policy import Policy
from dashboards.spec import Annotation, Column, Link

TAG: Final = "tocsin"
"""The tag of every dashboard; the menu of links finds them by it."""


def links(policy: Policy) -> tuple[Link, ...]:
    """The row of links on top of every dashboard."""
    routing = policy.routing
    return (
        Link(title="Dashboards", tag=TAG),
        Link(title="Incidents", url=f"{routing.public_bot_url}/incidents", tooltip="All incidents, at the bot"),
        Link(title="Runbooks", url=routing.runbook_url, tooltip="What to do about each alert"),
    )


def incidents(policy: Policy, selector: str) -> Annotation:
    """A mark for as long as an incident goes on."""
    url = f"{policy.routing.public_bot_url}/incidents/{{{{{names.INCIDENT}}}}}"
    return Annotation(
        name="Incidents",
        expr=f"{names.INCIDENT_STARTED}{{{selector}}}",
        title=f"{{{{{names.INCIDENT}}}}} {{{{{names.PRIORITY}}}}}: {{{{{names.SERVICE}}}}}",
        text=f'<a href="{url}">{{{{{names.INCIDENT}}}}}</a> is {{{{status}}}}',
        tags=(names.TEAM, names.SERVICE, names.PRIORITY),
        color="red",
    )


def incident_column(policy: Policy) -> Column:
    """The incident's name, which leads to its page."""
    return Column(
        source=names.INCIDENT,
        title="Incident",
        link=f"{policy.routing.public_bot_url}/incidents/${{__value.text}}",
        link_title="The incident",
    )


def alert_column(policy: Policy) -> Column:
    """The alert's name, which leads to its runbook."""
    return Column(
        source=names.ALERTNAME,
        title="Alert",
        link=f"{policy.routing.runbook_url}${{__data.fields.Runbook}}.md",
        link_title="What to do about it",
    )


RUNBOOK: Final = "runbook"
RUNBOOK_COLUMN: Final = Column(source=RUNBOOK, title="Runbook", hidden=True)
"""The name of the runbook; `alert_column` needs it beside itself."""


def with_runbook(policy: Policy, expr: str) -> str:
    """The series of an expression with the label `runbook`: the alert's own name, or that of one it shares."""
    shared: dict[str, list[str]] = {}
    for service in policy.services.values():
        for slo in service.slos:
            alert = names.burn_alert(service.service, slo.name)
            if slo.runbook not in (None, alert):
                shared.setdefault(str(slo.runbook), []).append(alert)
    found = f'label_replace({expr}, "{RUNBOOK}", "$1", "{names.ALERTNAME}", "(.+)")'
    for runbook, alerts in sorted(shared.items()):
        found = f'label_replace({found}, "{RUNBOOK}", "{runbook}", "{names.ALERTNAME}", "{"|".join(sorted(alerts))}")'
    return found
