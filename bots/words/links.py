"""What helps with an incident: runbooks, dashboards, the graph of an alert, and what people linked. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from alerting.model.policy import Policy
from bots.timeline.alert_state import AlertState
from bots.timeline.state import Incident

_MOST: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Somewhere to go."""

    url: str
    text: str


def help_links(incident: Incident, policy: Policy) -> tuple[Link, ...]:
    """Runbooks and dashboards of its alerts, each once; addresses from labels only if they are web addresses.

    Where several would read the same, each says which alert it belongs to; of those that still do, the first is
    enough. What people linked reads as they called it.
    """
    found: dict[str, tuple[Link, Link]] = {}
    for alert in incident.alerts_in_order:
        for short, exact in _of_alert(alert, policy):
            if is_web(short.url):
                found.setdefault(short.url, (short, exact))
    read = Counter(short.text for short, _ in found.values())
    apart: dict[str, Link] = {}
    for short, exact in found.values():
        one = exact if read[short.text] > 1 else short
        apart.setdefault(one.text, one)
    links = {one.url: one for one in apart.values()}
    for link in incident.inputs.links:
        if is_web(link.url):
            links.setdefault(link.url, Link(url=link.url, text=link.title or link.relation.replace("_", " ")))
    return tuple(links.values())[:_MOST]


def _of_alert(alert: AlertState, policy: Policy) -> Iterator[tuple[Link, Link]]:
    """Each as it usually reads, and as it reads beside another one of the same words."""
    runbook = alert.annotations.get("runbook_url", "")
    if not runbook and alert.name in policy.runbooks:
        runbook = policy.routing.runbook_url + quote(f"{alert.name}.md")
    which = f"{alert.name} ({alert.severity})"
    for url, text, exact in (
        (runbook, f"Runbook of {alert.name}", f"Runbook of {which}"),
        (alert.annotations.get("dashboard_url", ""), "Dashboard", f"Dashboard of {which}"),
        (alert.generator_url, f"{alert.name} in Prometheus", f"{which} in Prometheus"),
    ):
        yield Link(url=url, text=text), Link(url=url, text=exact)


def is_web(url: str) -> bool:
    """Whether an address may be followed: no script, no file, no surprise."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
