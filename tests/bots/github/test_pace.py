"""How soon an issue is written."""

from bots.github.budget import Urgency
from bots.github.pace import pace
from tests.bots.office import alert, at, command, delivery, play

MINUTES = 10.0


def _now(minutes: float = MINUTES) -> float:
    return at(minutes).timestamp()


def _state(*writes: float, events: int, status: str = "open", priority: str = "P0") -> dict[str, object]:
    return {"writes": [at(one).timestamp() for one in writes], "events": events, "status": status, "priority": priority}


def test_what_a_person_did_waits_for_nothing() -> None:
    """Not even in a storm."""
    history = play([[delivery(alert("Burn", 0))], [command("note", text="x")]]).history()
    found = pace(_state(9.9, 9.8, 9.7, events=2), history, at(10), storm=True)
    assert (found.urgency, found.wait_s) == (Urgency.PEOPLE, 0)


def test_a_state_that_machines_changed_waits_in_a_storm_only() -> None:
    """Three writes in ten minutes, then it waits until the first of them is ten minutes ago."""
    history = play([[delivery(alert("Burn", 0))], [delivery(alert("Burn", 0, 5))]]).history()
    written = _state(1, 2, 3, events=2)
    assert pace(written, history, at(10), storm=False).wait_s == 0
    assert pace(written, history, at(10), storm=True).wait_s == 60
    assert pace(_state(1, 2, events=2), history, at(10), storm=True).wait_s == 0


def test_alerts_are_gathered() -> None:
    """Twenty seconds, a minute in a storm; then there are two writes in ten minutes."""
    history = play([[delivery(alert("Burn", 0))], [delivery(alert("Other", 1))]]).history()
    assert pace(_state(10, events=2), history, at(10), storm=False).wait_s == 20
    assert pace(_state(10, events=2), history, at(10), storm=True).wait_s == 60
    assert pace(_state(1, 5, events=2), history, at(10), storm=True).wait_s == 60
    found = pace(_state(0, events=2), history, at(10), storm=True)
    assert (found.urgency, found.wait_s) == (Urgency.ROUTINE, 0)
