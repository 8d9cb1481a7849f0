"""Remediation: which action an alert is bound to (pure), and running one on this machine (thin).

In a cluster the action is a Kubernetes Job; on this machine it is a program that the operator named for the action.
"""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Final

import orjson

from alerting.actions import check_binding
from alerting.model.action import RemediationBinding
from bots.actions.result import read_result
from bots.effect import RemediationDue, RunRemediation
from bots.event import BOT
from bots.intake import Command
from bots.rulebook import Rules
from bots.state import Incident, incident_name

LIMIT_S: Final = 120.0
_DETAIL: Final = 2_000
"""Characters of a program's last words that are kept."""
_LAST_BYTES: Final = 256 * 1024
"""Of a program's output that are looked at; a result document is shorter."""


def request(
    incident: Incident, rules: Rules, *, action: str, alert: str, dry_run: bool, automatic: bool
) -> Mapping[str, Any] | str:
    """What a request for an action records; or, as the end of a sentence about the incident, why there can be none."""
    bound = [
        (state.name, binding)
        for state in incident.alerts_in_order
        if (binding := rules.binding(incident.service, state.name)) is not None
    ]
    chosen = [pair for pair in bound if pair[1].action == action and alert in ("", pair[0])]
    if not chosen:
        which = ", ".join(sorted({binding.action for _, binding in bound})) or "none"
        of = f"alert {alert} of it" if alert else "alert of it"
        return f"has no {of} that is bound to {action}; bound to its alerts: {which}"
    name, binding = chosen[0]
    wrong = check_binding(binding, whole=True)
    if wrong:
        return f"cannot be remedied by {action}: {'; '.join(wrong)} in the policy of {incident.service}"
    tried = [known for known in incident.inputs.remediations if known.action == action and not known.dry_run]
    if any(not known.outcome for known in tried):
        return f"has an attempt at {action} that has not ended yet"
    if len(tried) >= rules.max_attempts:
        return f"has had {len(tried)} attempts at {action}, the most that are made; a person has to look"
    return _requested(incident, name, binding, dry_run=dry_run, automatic=automatic)


def _requested(
    incident: Incident, alert: str, binding: RemediationBinding, *, dry_run: bool, automatic: bool
) -> Mapping[str, Any]:
    return {
        "attempt": max((known.attempt for known in incident.inputs.remediations), default=0) + 1,
        "action": binding.action,
        "alert": alert,
        "target": dict(binding.target),
        "parameters": dict(binding.parameters),
        "automatic": automatic or None,
        "dry_run": dry_run or None,
    }


def automatic(rules: Rules, due: RemediationDue, command_at: Any) -> Command | None:
    """The command that asks for the action bound to an alert, if that may run by itself."""
    binding = rules.binding(due.service, due.alert)
    if binding is None or not binding.automatic:
        return None
    return Command(
        key=due.key,
        received_at=command_at,
        name="run",
        by=BOT,
        incident=due.incident,
        args={"action": binding.action, "alert": due.alert, "automatic": True},
        source="remediation",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended; the arguments of `remediation_finish`."""

    outcome: str
    """`succeeded`: the program ended with 0. Whether the trouble ended is for the alert to say."""
    exit_code: int | None
    detail: str
    output: str = field(default="", repr=False)
    """What it found out, for actions that look."""

    def args(self, attempt: int) -> Mapping[str, Any]:
        """As the command takes them."""
        found = {
            "attempt": attempt,
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            "detail": self.detail,
            "output": self.output,
        }
        return {name: value for name, value in found.items() if value is not None and value != ""}


class LocalRunner:
    """Runs actions as programs on this machine. The dry run lives here, where the change would be made."""

    def __init__(
        self, programs: Mapping[str, Sequence[str]], *, limit_s: float = LIMIT_S, dry_run: bool = False
    ) -> None:
        """`programs` names the program and its arguments for each action."""
        self._programs = programs
        self._limit_s = limit_s
        self._dry_run = dry_run

    def start(self) -> None:
        """Nothing has to run before something is asked for."""

    def stop(self) -> None:
        """A program that runs is waited for."""

    def name(self, run: RunRemediation) -> str:
        """A program on this machine has none."""
        return ""

    def begin(self, run: RunRemediation) -> Outcome | None:
        """Nothing stands in its way."""
        return None

    def find(self, run: RunRemediation) -> Outcome | None:
        """Whoever started a program is the only one who can know how it ended."""
        return None

    def apply(self, run: RunRemediation) -> Outcome:
        """Runs the action; the request goes in as JSON on standard input, the last line that comes out is kept."""
        program = self._programs.get(run.action)
        if program is None:
            known = ", ".join(sorted(self._programs)) or "none"
            detail = f"no program for {run.action} on this machine; there are: {known}"
            return Outcome(outcome="refused", exit_code=None, detail=detail)
        if self._dry_run or run.dry_run:
            return Outcome(outcome="dry_run", exit_code=None, detail=f"would run {program[0]}")
        return self._execute(program, _request_bytes(run))

    def _execute(self, program: Sequence[str], request_bytes: bytes) -> Outcome:
        with tempfile.TemporaryFile() as output:
            try:
                # A group of its own, so that what the program itself started ends with it.
                process = subprocess.Popen(
                    list(program), stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
                )
            except OSError as error:
                return Outcome(outcome="failed", exit_code=None, detail=f"{program[0]}: {error.strerror}")
            try:
                process.communicate(request_bytes, timeout=self._limit_s)
            except subprocess.TimeoutExpired:
                detail = f"ended after {self._limit_s:g} s"
                return Outcome(outcome="timed_out", exit_code=None, detail=detail)
            finally:
                _end(process)
            return _ended(process.returncode, _last_line(output))


def _ended(code: int, last_line: str) -> Outcome:
    """What the program said at its end, be it a result document or any text."""
    result = read_result(last_line)
    if result is not None and (result.exit_code == 0) == (code == 0):
        return Outcome(outcome=result.outcome, exit_code=code, detail=result.summary, output=result.output)
    outcome = "succeeded" if code == 0 else "failed"
    return Outcome(outcome=outcome, exit_code=code, detail=last_line[:_DETAIL])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the program's whole group if the program still runs."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _request_bytes(run: RunRemediation) -> bytes:
    return orjson.dumps(
        {
            "incident": incident_name(run.incident),
            "attempt": run.attempt,
            "service": run.service,
            "alert": run.alert,
            "action": run.action,
            "target": dict(run.target),
            "parameters": dict(run.parameters),
        }
    )


def _last_line(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _LAST_BYTES))
    lines = [line.strip() for line in output.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""
