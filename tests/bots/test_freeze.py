"""The switch of the night: in the audit trail, at once, over a restart and on another machine."""

from dataclasses import replace
from pathlib import Path

from alerting.model.action import RemediationBinding
from bots.belonging.change import Records
from bots.guards.freeze import Freeze
from bots.ledger import Ledger
from bots.opening import open_store
from bots.store import Store
from bots.timeline.answer import Answer, Done, Refusal
from bots.timeline.intake import Intake
from tests.bots.office import RULES, Office, alert, at, command, delivery

_BINDING = RemediationBinding(
    action="restart_deployment", target={"namespace": "shop", "deployment": "checkout"}, automatic=True
)
_RULES = replace(RULES, bindings={("checkout", "Broken"): _BINDING})
MOVED = Freeze(reason="database move", by="ana", at=at(60), until=at(120))


def test_it_is_recorded_in_the_audit_trail() -> None:
    """With who, why and until when; an incident is not needed."""
    office = Office()
    decision = office.take(command("freeze", None, reason="database move", until="2026-01-05T12:00:00Z"))
    assert decision.answers == (Done(),)
    assert decision.changes == ()
    (event,) = decision.audit
    assert (event.kind, event.by, dict(event.data)) == (
        "noted",
        "ana",
        {"freeze": True, "text": "database move", "until": "2026-01-05T12:00:00Z"},
    )
    assert office.records.frozen() == MOVED
    office.take(command("unfreeze", None, reason="moved"))
    assert office.records.frozen() is None


def test_it_may_be_said_how_long() -> None:
    """From when it was asked for; what is no length of time is refused."""
    office = Office()
    office.take(replace(command("freeze", None, reason="database move", **{"for": "1h"}), received_at=at(60)))
    assert office.records.frozen() == MOVED
    (wrong,) = office.take(command("freeze", None, reason="database move", **{"for": "ever"})).answers
    assert wrong == Refusal(code="invalid", message="for: got 'ever'; expected how long, such as 8h")


def test_what_cannot_be_meant_is_refused() -> None:
    """Every mistake at once; lifting what is not there."""
    office = Office()
    (without,) = office.take(command("freeze", None, until="2026-01-05T10:30:00Z")).answers
    assert without == Refusal(
        code="invalid",
        message=(
            "reason: missing; expected some text; until: got '2026-01-05T10:30:00Z'; expected a time that is still to "
            "come"
        ),
    )
    (idle,) = office.take(command("unfreeze", None)).answers
    assert idle == Refusal(code="illegal", message="remediation is not frozen; nothing is left to lift")


def test_what_would_run_by_itself_says_why_it_does_not() -> None:
    """As a line of the timeline, in the same decision even."""
    office = Office(_RULES)
    office.take(delivery(alert("Broken", 50)))
    office.take(
        command("freeze", None, reason="database move"),
        command("run", by="tocsin", action="restart_deployment", automatic=True),
    )
    assert office.kinds() == ["opened", "alert_fired", "noted"]
    assert office.history().events[-1].data["text"] == (
        "restart_deployment does not run by itself: remediation is frozen since 2026-01-05T11:00:00Z by ana: database "
        "move; `tocsin remediation unfreeze` lifts it"
    )


def test_it_is_said_once_for_many_alerts() -> None:
    """Twenty pods that are ill give one line; that what runs already is not begun twice gives none."""
    office = Office(_RULES)
    office.take(delivery(*(alert("Broken", 50, severity=severity) for severity in ("page", "ticket"))))
    office.take(command("freeze", None, reason="database move"))
    asks = [command("run", by="tocsin", action="restart_deployment", automatic=True) for _ in range(4)]
    office.take(*asks[:2])
    assert office.kinds()[-1] == "noted"
    assert office.kinds().count("noted") == 1
    office.take(command("unfreeze", None))
    office.take(*asks[2:])
    assert office.kinds()[-2:] == ["noted", "remediation_requested"]
    office.take(command("remediation_start", by="tocsin", attempt=1))
    office.take(command("remediation_finish", by="tocsin", attempt=1, outcome="succeeded"))
    office.take(command("run", by="tocsin", action="restart_deployment", automatic=True))
    assert office.kinds()[-1] == "remediation_finished"
    office.take(command("remediation_judge", by="tocsin", attempt=1, outcome="not_verified"))
    office.take(command("freeze", None, reason="network"))
    office.take(command("run", by="tocsin", action="restart_deployment", automatic=True))
    assert "network" in office.history().events[-1].data["text"]


def _take(store: Store, *intakes: Intake) -> tuple[Answer, ...]:
    records: Records = store
    ledger = Ledger(records, _RULES)
    decision = ledger.decide(intakes, at(60))
    store.commit(decision)
    ledger.accept(decision)
    return decision.answers


def test_it_holds_over_a_restart_and_on_a_new_machine(tmp_path: Path) -> None:
    """It is read back from git; the newest word counts, whatever else is in the audit trail."""
    remote = str(tmp_path / "remote.git")
    store = open_store(tmp_path / "one")
    assert store.frozen() is None
    _take(store, command("freeze", None, reason="yesterday", key="a", received=-1440))
    _take(store, command("unfreeze", None, key="b", received=-1439))
    assert store.frozen() is None
    _take(store, command("freeze", None, reason="database move", until="2026-01-05T12:00:00Z", key="c"))
    assert store.frozen() == MOVED
    store.close()
    again = open_store(tmp_path / "one")
    assert again.frozen() == MOVED
    again.close()
    Path(remote).symlink_to(tmp_path / "one" / "records.git")
    other = open_store(tmp_path / "two", remote=remote)
    assert other.frozen() == MOVED
    other.close()
