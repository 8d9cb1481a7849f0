"""Remediation: what is bound, how often, and running it on this machine."""

import sys
from dataclasses import replace

import orjson
import pytest

from alerting.model.action import RemediationBinding
from bots.commands.remediation import automatic
from bots.errors import Unreachable
from bots.guards.limits import Limits
from bots.local_runner import LocalRunner
from bots.rulebook import Rules
from bots.timeline.answer import Refusal
from bots.timeline.effect import JudgeRemediation, RemediationDue, RunRemediation
from tests.bots.office import RULES, TEN, Office, alert, command, delivery

_BINDING = RemediationBinding(
    action="scale_deployment", target={"namespace": "shop", "deployment": "checkout"}, parameters={"add": 5}
)
_RULES = replace(RULES, bindings={("checkout", "Broken"): _BINDING}, limits=Limits(approval=False))


def _office(rules: Rules = _RULES) -> Office:
    office = Office(rules)
    office.take(delivery(alert("Broken", 50)))
    return office


def _end(office: Office, attempt: int, outcome: str = "failed") -> None:
    for name, args in (("start", {}), ("finish", {"outcome": outcome, "detail": "x", "exit_code": 1})):
        office.take(command(f"remediation_{name}", by="tocsin", attempt=attempt, **args))


def test_a_person_asks_and_the_action_is_to_run() -> None:
    """With target and parameters of the policy."""
    office = _office()
    effects = office.take(command("run", action="scale_deployment")).effects
    (run,) = [effect for effect in effects if isinstance(effect, RunRemediation)]
    assert (run.attempt, run.action, run.target, run.parameters, run.alert, run.dry_run) == (
        1,
        "scale_deployment",
        _BINDING.target,
        _BINDING.parameters,
        "Broken",
        False,
    )
    _end(office, 1, "succeeded")
    assert office.kinds()[2:] == ["remediation_requested", "remediation_started", "remediation_finished"]
    (attempt,) = office.history().state.inputs.remediations
    assert (attempt.outcome, attempt.detail, attempt.requested_by) == ("ran", "x", "ana")


def test_what_ran_is_judged_once() -> None:
    """The end of a program says that it ran; whether it helped is another entry."""
    office = _office()
    office.take(command("run", action="scale_deployment"))
    office.take(command("remediation_start", by="tocsin", attempt=1))
    ended = office.take(command("remediation_finish", by="tocsin", attempt=1, outcome="succeeded", detail="3 pods"))
    (judge,) = [effect for effect in ended.effects if isinstance(effect, JudgeRemediation)]
    assert (judge.incident, judge.attempt) == (1, 1)
    office.take(command("remediation_judge", by="tocsin", attempt=1, outcome="verified", detail="the SLI is well"))
    (attempt,) = office.history().state.inputs.remediations
    assert (attempt.outcome, attempt.detail, attempt.judgement) == ("verified", "3 pods", "the SLI is well")
    (answer,) = office.take(command("remediation_judge", by="tocsin", attempt=1, outcome="not_verified")).answers
    assert answer == Refusal(
        code="illegal", message="INC-1 has an attempt 1 that ended as verified; only what ran is judged"
    )


def test_what_only_looks_is_not_judged() -> None:
    """Diagnostics succeed; nothing was to get better by them."""
    binding = RemediationBinding(action="run_diagnostics", target={"namespace": "shop", "deployment": "checkout"})
    office = _office(replace(_RULES, bindings={("checkout", "Broken"): binding}, limits=Limits()))
    assert [e for e in office.take(command("run", action="run_diagnostics")).effects if isinstance(e, RunRemediation)]
    _end(office, 1, "succeeded")
    assert office.history().state.inputs.remediations[0].outcome == "succeeded"


def test_only_what_is_bound_runs() -> None:
    """The refusal names what is."""
    (answer,) = _office().take(command("run", action="restart_deployment")).answers
    assert answer == Refusal(
        code="illegal",
        message=("INC-1 has no alert of it that is bound to restart_deployment; bound to its alerts: scale_deployment"),
    )


def test_a_binding_that_names_no_target_is_refused() -> None:
    """As that of a runbook whose target no service names: nothing could be changed."""
    binding = RemediationBinding(action="scale_deployment")
    office = _office(replace(RULES, bindings={("", "Broken"): binding}))
    (answer,) = office.take(command("run", action="scale_deployment")).answers
    assert answer == Refusal(
        code="illegal",
        message=(
            "INC-1 cannot be remedied by scale_deployment: target: namespace is missing; expected namespace, "
            "deployment for scale_deployment; add `namespace`; target: deployment is missing; expected "
            "namespace, deployment for scale_deployment; add `deployment` in the policy of checkout"
        ),
    )


def test_one_attempt_at_a_time_and_three_in_all() -> None:
    """Then a person has to look."""
    office = _office()
    said = []
    for attempt in range(1, 5):
        for _ in range(2):
            (answer,) = office.take(command("run", action="scale_deployment")).answers
            if isinstance(answer, Refusal):
                said.append(answer.message)
        if attempt < 4:
            _end(office, attempt)
    assert said == [
        *["INC-1 has an attempt at scale_deployment that has not ended yet"] * 3,
        *["INC-1 has had 3 attempts at scale_deployment, the most that are made; a person has to look"] * 2,
    ]


def test_an_attempt_ends_once() -> None:
    """A second outcome is refused."""
    office = _office()
    office.take(command("run", action="scale_deployment"))
    _end(office, 1)
    (answer,) = office.take(command("remediation_finish", attempt=1, outcome="succeeded")).answers
    assert answer == Refusal(code="illegal", message="INC-1 has ended its attempt 1 already, as failed")


def test_only_an_automatic_binding_runs_by_itself() -> None:
    """The request says that nobody asked."""
    due = RemediationDue(incident=1, event_key="k", service="checkout", alert="Broken", fingerprint="Broken")
    assert automatic(_RULES, due, TEN) is None
    assert automatic(RULES, due, TEN) is None
    rules = replace(RULES, bindings={("", "Broken"): _BINDING.model_copy(update={"automatic": True})})
    asked = automatic(rules, due, TEN)
    assert asked is not None
    office = _office(rules)
    assert office.take(asked).changes[0].events[0].data["automatic"] is True
    assert office.take(asked).empty


def _run(script: str, *, limit_s: float = 20, dry_run: bool = False, action: str = "restart_deployment") -> object:
    run = RunRemediation(
        incident=7,
        event_key="k",
        attempt=2,
        action=action,
        target={"deployment": "checkout"},
        parameters={"wait": 5},
        alert="Broken",
        service="checkout",
        dry_run=False,
    )
    programs = {"restart_deployment": [sys.executable, "-c", script]}
    done = LocalRunner(programs, limit_s=limit_s, dry_run=dry_run).apply(run)
    return (done.outcome, done.exit_code, done.detail)


def test_the_program_gets_the_request_and_its_last_line_is_kept() -> None:
    """As JSON on standard input."""
    outcome, status, detail = _run("import sys; print('working'); print(sys.stdin.read())")  # type: ignore[misc]  # a tuple
    assert (outcome, status) == ("succeeded", 0)
    assert orjson.loads(detail) == {
        "incident": "INC-7",
        "attempt": 2,
        "service": "checkout",
        "alert": "Broken",
        "action": "restart_deployment",
        "target": {"deployment": "checkout"},
        "parameters": {"wait": 5},
    }


def test_a_program_that_ends_with_a_result_document_is_taken_at_its_word() -> None:
    """As the actions of the cluster write it; but not if the exit code says otherwise."""
    told = {"v": 1, "action": "restart_deployment", "outcome": "timed_out", "summary": "pods are slow", "output": "x"}
    told |= {"started_at": "2026-01-05T10:00:00Z", "ended_at": "2026-01-05T10:01:00Z"}
    line = orjson.dumps(told).decode()
    assert _run(f"import sys; print({line!r}); sys.exit(1)") == ("timed_out", 1, "pods are slow")
    assert _run(f"print({line!r})") == ("succeeded", 0, line)


@pytest.mark.parametrize(
    ("script", "more", "ended"),
    [
        ("import sys; print('no'); sys.exit(3)", {}, ("failed", 3, "no")),
        ("import time; time.sleep(60)", {"limit_s": 0.5}, ("timed_out", None, "ended after 0.5 s")),
        (
            "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)",
            {"limit_s": 0.5},
            ("timed_out", None, "ended after 0.5 s"),
        ),
        ("", {"dry_run": True}, ("dry_run", None, f"would run {sys.executable}")),
        (
            "",
            {"action": "explode"},
            ("refused", None, "no program for explode on this machine; there are: restart_deployment"),
        ),
        ("print('x' * 100_000)", {}, ("succeeded", 0, "x" * 2000)),
    ],
)
def test_how_a_run_can_end(script: str, more: dict[str, object], ended: tuple[str, int | None, str]) -> None:
    """Failed, too late, not at all."""
    assert _run(script, **more) == ended  # type: ignore[arg-type]  # of different types


def test_two_runs_on_one_target_wait_for_each_other() -> None:
    """Whatever the incident and the action; what only looks, and a dry run, need no lock."""
    first = RunRemediation(
        incident=1,
        event_key="k",
        attempt=1,
        action="restart_deployment",
        target={"namespace": "shop", "deployment": "checkout"},
        parameters={},
        alert="A",
        service="s",
        dry_run=False,
    )
    second = replace(first, incident=2, action="scale_deployment")
    runner = LocalRunner({"restart_deployment": ["/bin/true"]})
    assert runner.begin(first) is runner.begin(first) is None
    with pytest.raises(Unreachable) as caught:
        runner.begin(second)
    assert str(caught.value) == "namespace shop, deployment checkout is being worked on by attempt 1 of INC-1"
    assert (caught.value.alone, caught.value.after_s) == (True, 1.0)
    for free in (
        replace(second, dry_run=True),
        replace(second, action="run_diagnostics"),
        replace(second, target={"namespace": "shop", "deployment": "cart"}),
    ):
        assert runner.begin(free) is None
    assert runner.apply(first).outcome == "succeeded"
    assert runner.begin(second) is None


def test_a_program_that_is_not_there_failed() -> None:
    """With the system's reason."""
    run = RunRemediation(
        incident=1,
        event_key="k",
        attempt=1,
        action="a",
        target={},
        parameters={},
        alert="A",
        service="s",
        dry_run=False,
    )
    done = LocalRunner({"a": ["/nowhere/at/all"]}).apply(run)
    assert (done.outcome, done.detail) == ("failed", "/nowhere/at/all: No such file or directory")


def test_a_program_that_writes_without_end_is_ended() -> None:
    """Before the disk is full, on which the records are too; what it said last is not told."""
    script = "import sys\nwhile True: sys.stdout.write('y' * 2**20)"
    assert _run(script) == ("failed", None, "ended, since it wrote more than 64 MiB")
