"""What the viewer of a dashboard chooses, and how queries select by it."""

from typing import Final

from alerting.model.policy import PLATFORM, Policy
from alerting.names import FIGURES_LEFT_OUT, PRIORITY, SERVICE, SLO, TEAM
from dashboards.spec import Variable

OF_TEAM: Final = f'{TEAM}=~"${TEAM}"'
OF_SERVICE: Final = f'{SERVICE}=~"${SERVICE}"'
OF_BOTH: Final = f"{OF_TEAM},{OF_SERVICE}"
OF_SLO: Final = f'{OF_BOTH},{SLO}=~"${SLO}"'
OF_PRIORITY: Final = f'{PRIORITY}=~"${PRIORITY}"'
ONE_SERVICE: Final = f'{SERVICE}="${SERVICE}"'
NOTHING: Final = f"0 * max({FIGURES_LEFT_OUT})"
"""Zero while the bot is scraped; nothing otherwise, since then nobody knows."""
RATE: Final = "[$__rate_interval]"
"""The window of a rate, which Grafana fits to the time that is shown."""


def teams(policy: Policy) -> Variable:
    """Any of the teams."""
    return Variable(name=TEAM, label="Team", values=tuple(sorted(policy.teams)))


def services(policy: Policy) -> Variable:
    """Any of the services."""
    return Variable(name=SERVICE, label="Service", values=tuple(sorted(policy.services)))


def one_service(policy: Policy) -> Variable:
    """One service; at first one of those that matter most."""
    values = tuple(sorted(policy.services))
    chosen = min(values, key=lambda name: (policy.services[name].tier, name), default=PLATFORM)
    return Variable(name=SERVICE, label="Service", values=values, many=False, chosen=chosen)


def slos(policy: Policy) -> Variable:
    """Any of the objectives."""
    found = {slo.name for service in policy.services.values() for slo in service.slos}
    return Variable(name=SLO, label="Objective", values=tuple(sorted(found)))


def priorities(policy: Policy) -> Variable:
    """Any of the priorities."""
    return Variable(name=PRIORITY, label="Priority", values=tuple(sorted(policy.severity.priorities)))
