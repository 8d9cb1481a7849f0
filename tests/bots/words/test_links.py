"""What helps with an incident."""

from dataclasses import replace
from pathlib import Path

from alerting.policy import load
from bots.timeline.intake import Alert
from bots.timeline.state import Link as Related
from bots.words.links import Link, help_links
from tests.bots.office import Office, alert, delivery

COMPANY = load(Path(__file__).parents[3])
GRAPH = "http://prometheus.example.com/graph?g0.expr="
BOARD = "https://grafana.example.com/d/"


def _linked(one: Alert, severity: str, *, graph: str, board: str) -> Alert:
    """The same alert of another severity is another alert."""
    return replace(
        one,
        fingerprint=f"{one.fingerprint}-{severity}-{graph}",
        labels={**one.labels, "severity": severity},
        annotations={"runbook_url": "https://runbooks.example.com/Burn", "dashboard_url": BOARD + board},
        generator_url=GRAPH + graph,
    )


def _help(*alerts: Alert) -> list[tuple[str, str]]:
    office = Office()
    office.take(delivery(*alerts), now=0)
    return [(one.text, one.url) for one in help_links(office.history().state, COMPANY)]


def test_what_is_there_once_reads_short() -> None:
    """One address is listed once however many alerts lead to it."""
    page = _linked(alert("Burn", 0), "page", graph="fast", board="checkout")
    assert _help(page, replace(page, fingerprint="another")) == [
        ("Runbook of Burn", "https://runbooks.example.com/Burn"),
        ("Dashboard", BOARD + "checkout"),
        ("Burn in Prometheus", GRAPH + "fast"),
    ]


def test_no_two_links_read_the_same() -> None:
    """An objective's page and ticket have the same name and different graphs; replicas show the same one."""
    page = _linked(alert("Burn", 0), "page", graph="fast", board="checkout")
    ticket = _linked(alert("Burn", 1), "ticket", graph="slow", board="budgets")
    replica = _linked(alert("Burn", 2), "page", graph="replica", board="checkout")
    assert _help(page, ticket, replica) == [
        ("Runbook of Burn", "https://runbooks.example.com/Burn"),
        ("Dashboard of Burn (page)", BOARD + "checkout"),
        ("Burn (page) in Prometheus", GRAPH + "fast"),
        ("Dashboard of Burn (ticket)", BOARD + "budgets"),
        ("Burn (ticket) in Prometheus", GRAPH + "slow"),
    ]


def test_what_people_linked_is_read_as_they_called_it() -> None:
    """No link of theirs is lost to another one of the same words."""
    office = Office()
    office.take(delivery(alert("Burn", 0)), now=0)
    state = office.history().state
    links = tuple(Related(relation="thread", url=f"https://example.com/{number}") for number in (1, 2))
    shown = help_links(replace(state, inputs=replace(state.inputs, links=links)), COMPANY)
    assert shown[-2:] == tuple(Link(url=f"https://example.com/{number}", text="thread") for number in (1, 2))
