"""What the two outages are compared by, and the copies of the policies that they are played with."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from alerting.policy import load
from alerting.remediations import bound
from tools.drill.compare import Comparison, Side, show
from tools.drill.errors import DrillError
from tools.drill.variant import FROZEN, Variant, policies_of, usual_s

ALERT = "CheckoutAvailabilityBurn"
MACHINE = Side(
    name="with remediation",
    incident="INC-1",
    detect_s=3.0,
    action_s=1.0,
    mttr_s=32.0,
    outage_s=35.0,
    failed=79,
    verified="the 5m SLI of availability kept its objective",
    failure=None,
)
PERSON = replace(MACHINE, name="without", action_s=20.0, mttr_s=52.0, outage_s=55.0, failed=460, verified="")
FOUND = Comparison(
    mode="time-lapse 1/60",
    factor=60,
    errors=1.0,
    acknowledge_s=300.0,
    person_s=1200.0,
    machine=MACHINE,
    person=PERSON,
)


def test_the_change_and_the_time_from_which_on_it_would_not_be_enough() -> None:
    """The machine's time to resolve stays; a person who is quicker than this has one that is less than 30 % longer."""
    assert FOUND.shorter == pytest.approx(1 - 32 / 52)
    assert FOUND.met
    told = FOUND.to_json()
    assert (told["factor"], told["assumed"]["person_s"], told["without"]["action_s"]) == (60, 1200.0, 20.0)
    assert FOUND.break_even_s is not None
    quick_s = FOUND.break_even_s / 60
    quick = replace(FOUND, person=replace(PERSON, action_s=quick_s, mttr_s=quick_s + 32))
    assert quick.shorter == pytest.approx(0.3)
    slower = replace(FOUND, person=replace(PERSON, action_s=quick_s - 1, mttr_s=quick_s + 31))
    assert not slower.met
    real = replace(FOUND, person=replace(PERSON, action_s=1200.0, mttr_s=3015.0), factor=1)
    assert real.break_even_s is None


def test_what_did_not_happen_is_not_compared() -> None:
    """A side that failed has no figure, and then the goal is not met."""
    failed = replace(FOUND, person=replace(PERSON, mttr_s=None, failure="step `alert` did not happen"))
    assert failed.shorter is None
    assert not failed.met
    assert failed.to_json()["mttr_change"] is None


def test_the_table_says_what_was_assumed() -> None:
    """Whoever reads the figure reads what it rests on."""
    text = io.StringIO()
    show(FOUND, Console(file=text, width=140))
    said = text.getvalue()
    assert "alert to resolved (MTTR)" in said
    assert "-38%" in said
    assert (
        "Assumed, not measured: without remediation somebody acknowledges 5 min after the alert and has restarted the "
        "service by hand 20 min after it; --person-takes sets another time. A restart heals this fault; many real ones "
        "it would not. All of it is 60 times shorter here. What programs take is not shorter."
    ) in said
    assert "By estimate, with a person who needs less than 13 min 43 s the goal would be missed." in said
    assert said.endswith(
        "\nAgainst a person who is assumed to need 20 min, MTTR is 38% shorter; the goal of 30% shorter is met.\n"
    )


def test_a_person_who_is_quicker_makes_it_longer() -> None:
    """In words, not as a negative share."""
    text = io.StringIO()
    show(replace(FOUND, person=replace(PERSON, mttr_s=25.0), person_s=60.0), Console(file=text, width=140))
    assert text.getvalue().endswith(
        "\nAgainst a person who is assumed to need 1 min, MTTR is 28% longer; the goal of 30% shorter is missed.\n"
    )


def test_the_copies_differ_in_the_freeze_switch_only(mini: Path, tmp_path: Path) -> None:
    """In both the action would run by itself."""
    one = Variant(automatic=True, acknowledge_s=300, person_s=1200)
    loaded = []
    for number, variant in enumerate((one, replace(one, automatic=False))):
        copy = policies_of(mini, tmp_path / str(number), variant, "checkout", ALERT)
        loaded.append(load(copy))
    ours, theirs = loaded
    for policy in loaded:
        binding = bound(policy, policy.services["checkout"], ALERT)
        assert binding is not None
        assert (binding.automatic, binding.approval) == (True, False)
    assert ours.remediation.freeze is None
    assert theirs.remediation.freeze is not None
    assert theirs.remediation.freeze.reason == FROZEN
    assert replace(theirs, remediation=ours.remediation) == ours
    assert usual_s(ours, "P0") == (300, 1200)


def test_a_service_that_binds_something_else_is_told_so(mini: Path, tmp_path: Path) -> None:
    """With the file and the way out."""
    file = mini / "policies" / "services" / "checkout.yaml"
    file.write_text(file.read_text().replace("action: restart_deployment", "action: run_diagnostics"))
    variant = Variant(automatic=True, acknowledge_s=300, person_s=1200)
    with pytest.raises(DrillError) as caught:
        policies_of(mini, tmp_path / "copy", variant, "checkout", ALERT)
    assert str(caught.value) == (
        "policies/services/checkout.yaml: remediations: CheckoutAvailabilityBurn: got run_diagnostics; expected "
        "restart_deployment, which the comparison lets run; bind it, or run the drill in a clone of the project"
    )
