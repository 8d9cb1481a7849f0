"""The policy as the ledger needs it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alerting.model.quantities import Duration
from alerting.policy import load
from bots.rulebook import Rules
from tests.bots.office import Office, alert, at, delivery

MINI = load(Path(__file__).parents[1] / "data" / "mini")


def test_the_time_to_reopen_is_policy() -> None:
    """Half an hour unless routing.yaml says otherwise; later it is another incident."""
    assert Rules.of(MINI).reopen_within == timedelta(minutes=30)
    routing = MINI.routing.model_copy(update={"reopen_within": Duration.parse("5m")})
    office = Office(Rules.of(replace(MINI, routing=routing)))
    office.take(delivery(alert("Burn", 0, 1)), now=1)
    office.take(delivery(alert("Burn", 5)), now=5)
    office.take(delivery(alert("Burn", 5, 6)), now=6)
    office.take(delivery(alert("Burn", 20)), now=20)
    assert [one.state.started_at for one in office.records.histories.values()] == [at(0), at(20)]
