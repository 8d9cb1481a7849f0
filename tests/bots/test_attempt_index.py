"""Attempts in the index of a real store: what the guard rails read, and what is still open."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from alerting.model.action import RemediationBinding
from bots.guards.attempted import aim
from bots.guards.limits import Limits
from bots.ledger import Ledger
from bots.opening import open_store
from bots.store import Store
from bots.timeline.answer import Answer, Refusal
from bots.timeline.intake import Intake
from tests.bots.office import RULES, alert, at, command, delivery

_BINDING = RemediationBinding(action="restart_deployment", target={"namespace": "shop", "deployment": "checkout"})
_RULES = replace(RULES, bindings={("", "Broken"): _BINDING}, limits=Limits(approval=False))


def take(store: Store, *intakes: Intake) -> None:
    """Decides and commits."""
    ledger = Ledger(store, _RULES)
    decision = ledger.decide(intakes, at(60))
    store.commit(decision)


def test_attempts_of_all_incidents_are_found_by_when_they_changed_last(tmp_path: Path) -> None:
    """Also from an index that is made anew from git."""
    store = open_store(tmp_path / "one")
    take(store, delivery(alert("Broken", 0)), delivery(alert("Broken", 0, service="platform")))
    assert (store.attempts(at(-1000)), store.active(), store.index.unsettled()) == ((), (2, 1), ())
    take(store, command("run", action="restart_deployment"))
    (one,) = store.attempts(at(60))
    assert (one.incident, one.attempt, one.action, one.outcome) == (1, 1, "restart_deployment", "")
    assert one.target == aim(_BINDING.target) == "namespace shop, deployment checkout"
    assert one.requested_at == at(60)
    assert store.attempts(at(61)) == (one,), "it has not ended"
    take(store, command("remediation_start", by="tocsin", attempt=1, received=61))
    take(store, command("remediation_finish", by="tocsin", attempt=1, outcome="succeeded", received=62))
    assert [found.outcome for found in store.attempts(at(62))] == ["ran"]
    assert store.index.unsettled() == (1,)
    take(store, command("remediation_judge", by="tocsin", attempt=1, outcome="verified", received=80))
    (judged,) = store.attempts(at(80))
    assert (judged.outcome, judged.judged_at) == ("verified", at(80))
    assert (store.index.unsettled(), store.attempts(at(81))) == ((), ())
    store.close()
    (tmp_path / "one" / "records.index").unlink()
    again = open_store(tmp_path / "one")
    assert again.attempts(at(80)) == (judged,)
    again.close()


def test_a_decision_sees_what_was_attempted_in_it(tmp_path: Path) -> None:
    """Two requests of one decision do not overtake the limits."""
    store = open_store(tmp_path / "one")
    take(store, delivery(alert("Broken", 0)))
    ledger = Ledger(store, replace(_RULES, limits=Limits(approval=False, per_target=1)))
    take(store, delivery(alert("Broken", 0, service="platform")))
    first = command("run", action="restart_deployment")
    second = command("run", 2, action="restart_deployment")
    decision = ledger.decide((first, second), at(60))
    assert [type(answer).__name__ for answer in decision.answers] == ["Done", "Refusal"]
    store.close()


def test_an_incident_counts_its_own_attempts_however_long_ago_they_were(tmp_path: Path) -> None:
    """No other limit looks back so far."""
    with closing(open_store(tmp_path / "one")) as store:
        ledger = Ledger(store, replace(_RULES, limits=Limits(approval=False, per_incident=2)))
        answers: list[Answer] = []
        for minutes, attempt in ((0, 1), (100, 2), (200, 3)):
            finish = {"attempt": attempt, "outcome": "failed", "received": minutes + 1}
            for intake in (
                delivery(alert("Broken", 0)),
                command("run", action="restart_deployment", received=minutes),
                command("remediation_finish", by="tocsin", **finish),
            ):
                decision = ledger.decide([intake], at(minutes + 1))
                store.commit(decision)
                ledger.accept(decision)
                answers += decision.answers
        assert [one.message for one in answers if isinstance(one, Refusal)] == [
            "INC-1 has had 2 attempts at restart_deployment, the most that are made; a person has to look",
            "INC-1 has no attempt 3 at a remediation",
        ]
