"""How the Job of a remediation ended, read from what the API server says of it and of its pod. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import Pod

from bots.actions.result import Result, read_result
from bots.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a Job ended, by its own word."""

    complete: bool
    reason: str = ""
    message: str = ""


def end_of(found: Job) -> End | None:
    """None while it runs."""
    for condition in (found.status.conditions if found.status else None) or []:
        if condition.status == "True" and condition.type in ("Complete", "Failed"):
            return End(
                complete=condition.type == "Complete",
                reason=condition.reason or "",
                message=condition.message or "",
            )
    return None


def outcome(end: End, pod: Pod | None, log: str) -> Outcome:
    """What is recorded: what the action itself said, if its Job agrees."""
    result = read_result(log)
    code = _exit_code(pod)
    if result is not None and (result.exit_code == 0) == end.complete:
        return _said(result, code)
    if end.complete:
        return Outcome(outcome="succeeded", exit_code=code, detail="ended well, but its result could not be read")
    if end.reason == "DeadlineExceeded":
        return Outcome(outcome="timed_out", exit_code=code, detail=f"{end.message}{_waiting(pod)}")
    detail = f"{end.message or end.reason}{_waiting(pod)}; its result could not be read"
    return Outcome(outcome="failed", exit_code=code, detail=detail)


def _said(result: Result, code: int | None) -> Outcome:
    exit_code = result.exit_code if code is None else code
    return Outcome(outcome=result.outcome, exit_code=exit_code, detail=result.summary, output=result.output)


def _exit_code(pod: Pod | None) -> int | None:
    for status in (pod.status.containerStatuses if pod and pod.status else None) or []:
        if status.state and status.state.terminated:
            return status.state.terminated.exitCode
    return None


def _waiting(pod: Pod | None) -> str:
    """Why a pod never ran, as its node says it."""
    for status in (pod.status.containerStatuses if pod and pod.status else None) or []:
        waiting = status.state.waiting if status.state else None
        if waiting is not None:
            return f"; its pod waited: {waiting.reason}: {waiting.message or 'no reason given'}"
    for condition in (pod.status.conditions if pod and pod.status else None) or []:
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"; no node took its pod: {condition.message or condition.reason}"
    return ""


def newest(pods: Sequence[Pod]) -> Pod | None:
    """Of the pods of a Job, the one that was made last."""
    return max(pods, key=lambda pod: str(pod.metadata and pod.metadata.creationTimestamp), default=None)
