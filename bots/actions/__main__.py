"""`python -m bots.actions NAME`: what runs inside a remediation job.

The request comes in the environment, the result goes out as the last line of the output. The process ends with 0 if the
action succeeded (or would have), 1 if it failed or took too long, 2 if it was called wrongly, 3 if it was refused.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import lightkube

from alerting.actions import ACTIONS, Action
from alerting.job_names import VARIABLE
from bots.actions.clear_cache import clear_cache
from bots.actions.cluster import MANAGER, Cluster, kubeconfig
from bots.actions.diagnostics import run_diagnostics
from bots.actions.errors import ActionError, Failed, Refused, RequestError, TimedOut
from bots.actions.request import Request, read_request
from bots.actions.restart_deployment import restart_deployment
from bots.actions.restart_pod import restart_pod
from bots.actions.result import Outcome, Result, result_of, schema, write_result
from bots.actions.running import Done, Task
from bots.actions.scale_deployment import scale_deployment

TABLE: Final[Mapping[str, Callable[[Task], Done]]] = {
    "restart_deployment": restart_deployment,
    "restart_pod": restart_pod,
    "scale_deployment": scale_deployment,
    "clear_cache": clear_cache,
    "run_diagnostics": run_diagnostics,
}
FAIL_ON_FINDINGS: Final = "--fail-on-findings"
SCHEMA: Final = "--schema"
_SPARE_S: Final = 30
"""Seconds before the job's own end at which waiting ends, so that there is time to say so."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs one action and prints its result; gives the exit code."""
    names = [word for word in arguments if not word.startswith("-")]
    flags = set(arguments) - set(names)
    if list(arguments) == [SCHEMA]:
        print(schema(), end="")
        return 0
    if len(names) != 1 or names[0] not in ACTIONS or flags - {FAIL_ON_FINDINGS}:
        known = ", ".join(ACTIONS)
        usage = f"usage: python -m bots.actions NAME [{FAIL_ON_FINDINGS}], or {SCHEMA} for the result's JSON Schema"
        print(f"{usage}; NAME is one of {known}", file=sys.stderr)
        return 2
    action = ACTIONS[names[0]]
    started_at = datetime.now(UTC)
    try:
        request = read_request(environment.get(VARIABLE, ""), action)
    except RequestError as error:
        nothing = Request(action=action.name, target={})
        result = result_of(nothing, "refused", str(error), started_at=started_at, ended_at=datetime.now(UTC))
    else:
        result = run(action, request, environment, started_at, fail_on_findings=FAIL_ON_FINDINGS in flags)
    print(write_result(result), flush=True)
    return result.exit_code


def run(
    action: Action, request: Request, environment: Mapping[str, str], started_at: datetime, *, fail_on_findings: bool
) -> Result:
    """Carries a request out; never raises."""
    deadline = time.monotonic() + max(action.limit_s - _SPARE_S, 1)
    try:
        with _reach(action, request, environment.get("KUBECONFIG", "")) as reach:
            done = TABLE[action.name](Task(request=request, reach=reach, deadline=deadline))
    except ActionError as error:
        return result_of(request, _outcome(error), str(error), started_at=started_at, ended_at=datetime.now(UTC))
    except Exception as error:
        # Whatever it is: the job's end has to be told, and the name of the error is what can be told safely.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        why = f"stopped in an unforeseen way: {type(error).__name__}; the job's log says more"
        return result_of(request, "failed", why, started_at=started_at, ended_at=datetime.now(UTC))
    outcome: Outcome = "dry_run" if request.dry_run else "succeeded"
    if fail_on_findings and done.findings:
        outcome = "failed"
    return result_of(
        request,
        outcome,
        done.summary,
        started_at=started_at,
        ended_at=datetime.now(UTC),
        changes=done.changes,
        findings=done.findings,
        output=done.output,
    )


def _reach(action: Action, request: Request, path: str) -> AbstractContextManager[Cluster | None]:
    """The cluster, for an action that has rights in one."""
    if not action.permissions:
        return nullcontext()
    try:
        config = kubeconfig(Path(path) if path else None)
    except lightkube.ConfigError as error:
        raise Failed(f"no cluster: {error}; expected a service account, or a file that KUBECONFIG names") from error
    return Cluster(config, manager=manager(request), dry_run=request.dry_run)


def manager(request: Request) -> str:
    """Who signs the changes: the run itself, so that a run that is started twice knows its own."""
    return f"{MANAGER}-{request.incident.lower()}-{request.attempt}" if request.incident else MANAGER


def _outcome(error: ActionError) -> Outcome:
    if isinstance(error, TimedOut):
        return "timed_out"
    return "refused" if isinstance(error, Refused) else "failed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
