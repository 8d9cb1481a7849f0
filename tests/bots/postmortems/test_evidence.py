"""What a draft knows beyond the record, asked of a server over HTTP."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.policy import load
from alerting.timescale import DRILL
from bots.errors import Unreachable
from bots.incident import History
from bots.postmortems.draft import draft, files
from bots.postmortems.evidence import Evidence, Gathering, data_link, span
from bots.words import markdown
from tests.bots.office import Office, alert, command, delivery
from tests.bots.postmortems.courses import at


class Recorded:
    """A server with recorded series: half of 20 requests a second failed between 9:58 and 10:12."""

    def __init__(self, *, away: bool = False, empty: bool = False) -> None:
        self.away = away
        self.empty = empty
        self.asked: list[Mapping[str, Any]] = []

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """Answers as Prometheus does."""
        self.asked.append(parameters)
        if self.away:
            raise Unreachable("Prometheus http://127.0.0.1:9: Connection refused")
        if self.empty:
            return {"resultType": "matrix", "result": []}
        query = parameters["query"]
        if path == "/api/v1/query":
            return {"result": [{"metric": {}, "value": [parameters["time"], "20"]}]}
        values = []
        moment = parameters["start"]
        while moment <= parameters["end"]:
            ill = at(-2).timestamp() <= moment < at(12).timestamp()
            values.append([moment, "20" if "total" in query else ("10" if ill else "0")])
            moment += parameters["step"]
        return {"result": [{"metric": {}, "values": values}]}


def _life() -> History:
    office = Office()
    office.take(delivery(alert("Broken", 0)), command("ack", received=3))
    office.take(command("mitigate", received=9))
    office.take(delivery(alert("Broken", 0, 13)))
    return office.history()


def _evidence(mini: Path, *servers: Recorded) -> Evidence:
    policy = load(mini)
    return Gathering(servers, lambda: policy, lambda: at(60))(_life().state)


def test_a_draft_says_what_the_incident_cost(mini: Path, golden: Callable[[str, str], None]) -> None:
    """Impact by SLO, a picture, and a link to the data of each row."""
    evidence = _evidence(mini, Recorded())
    assert evidence.began_at == at(-2)
    made = files(_life(), evidence)
    assert list(made) == ["postmortems/2026/INC-1.md", "postmortems/2026/INC-1.svg"]
    golden("incident/postmortem-measured.md", made["postmortems/2026/INC-1.md"].decode())
    golden("incident/postmortem-measured.svg", made["postmortems/2026/INC-1.svg"].decode())


def test_a_server_that_is_away_leaves_the_question_to_the_next(mini: Path) -> None:
    """Of a pair, one is enough."""
    assert _evidence(mini, Recorded(away=True), Recorded()).impacts


@pytest.mark.parametrize(
    ("server", "why"),
    [
        (Recorded(away=True), "Prometheus http://127.0.0.1:9: Connection refused"),
        (Recorded(empty=True), "Prometheus has no data of its SLOs for that time"),
    ],
)
def test_a_draft_without_evidence_says_why(mini: Path, server: Recorded, why: str) -> None:
    """Nothing known is not the same as nothing lost."""
    evidence = _evidence(mini, server)
    assert evidence.picture is None
    assert f"\nWhat it cost is not known: {markdown.text(why)}.\n" in draft(_life(), evidence).decode()


def test_an_incident_that_goes_on_is_looked_at_until_now() -> None:
    """Nothing is asked of the future."""
    office = Office()
    office.take(delivery(alert("Broken", 0)))
    time = span(office.history().state, at(20))
    assert (time.start, time.end) == (at(-15), at(20))


def test_a_rehearsal_in_time_lapse_is_looked_at_as_closely_as_its_rules_are_evaluated(mini: Path) -> None:
    """With the real interval an outage of seconds would lie between two points, and have cost nothing."""
    policy, server = load(mini), Recorded()
    evidence = Gathering([server], lambda: policy, lambda: at(60), scale=DRILL)(_life().state)
    assert evidence.impacts[0].failed
    asked = [one for one in server.asked if "step" in one]
    # Each second, but for the thousand points that are asked for at most; in real time it is each 15 s.
    assert {one["step"] for one in asked} == {2.0}
    # A quarter of the 13 minutes on either side, which is more than 15 seconds.
    assert {(one["start"], one["end"]) for one in asked} == {(at(-3.25).timestamp(), at(16.25).timestamp())}


def test_data_links_show_the_moment_on_the_dashboard() -> None:
    """What the address asked for before stays."""
    link = data_link("https://grafana.example.com/d/x?var-team=payments&from=now-1h", at(0))
    found = parse_qs(urlsplit(link).query)
    assert found == {"var-team": ["payments"], "from": ["1767606600000"], "to": ["1767607800000"]}
    assert data_link("", at(0)) == ""


@given(st.text(max_size=30))
def test_titles_of_alerts_cannot_break_the_table(name: str) -> None:
    """Rows keep their number of cells."""
    office = Office()
    office.take(delivery(alert("Broken", 0, summary=name), alert("A" + name, 1)))
    text = draft(office.history(), Evidence(dashboard="https://grafana.example.com/d/x", missing="no Prometheus"))
    inside = text.decode().split("## Timeline")[1].split("## What the machine did")[0]
    rows = [line for line in inside.split("\n") if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}
