"""Who is on call is shown anew when somebody comes or goes."""

from datetime import datetime, timedelta
from pathlib import Path

from alerting.policy import load
from bots.clock import Look
from bots.outbox import Errand
from bots.people.showing import showing
from bots.rulebook import Rules
from tests.bots.office import Office, alert, at, command, delivery
from tests.bots.test_clock import Shelf

MINI = load(Path(__file__).parents[2] / "data" / "mini")


def _due(office: Office, now: datetime) -> list[tuple[str, str, dict[str, object]]]:
    found = list(showing(["github", "slack"])(Look(Shelf(office)), MINI, now))
    assert all(isinstance(one, Errand) for one in found)
    return [(one.destination, one.key, dict(one.payload)) for one in found if isinstance(one, Errand)]


def _office() -> Office:
    office = Office(Rules.of(MINI))
    office.take(delivery(alert("Burn", 0)), now=0)
    return office


def test_every_layer_counts() -> None:
    """The office closes at five: nobody is called differently, and the pages show that dee has gone."""
    office, evening = _office(), at(7 * 60)
    assert _due(office, evening - timedelta(seconds=1)) == []
    key = "on call:1:{}:2026-01-05T17:00:00Z"
    assert _due(office, evening + timedelta(hours=2)) == [
        (name, key.format(name), {"incident": 1, "what": "on_call", "event_key": key.format(name)})
        for name in ("github", "slack")
    ]


def test_what_began_since_or_is_over_is_left_alone() -> None:
    """It shows who is on call already, or nobody needs to know any more."""
    late = Office(Rules.of(MINI))
    late.take(delivery(alert("Burn", 421), received=421), now=421)
    assert _due(late, at(425)) == []
    over = _office()
    over.take(command("resolve", received=70), now=70)
    assert _due(over, at(425)) == []
