"""Runs remediations as Jobs of a cluster. Thin: `bots.kubernetes.plan` knows their looks.

The name of the Job is the idempotency key, so whatever fails half-way may be done again. A Lease per target is the
lock: a finished Job is deleted after a while, and another incident may have the same target.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx
import lightkube
from lightkube.config.client_adapter import Client as HttpClient
from lightkube.config.client_adapter import ConnectionParams
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Pod

from alerting.actions import ACTIONS
from alerting.job_names import CONTAINER, template_name
from bots.actions.cluster import MANAGER, read_log
from bots.errors import Unreachable
from bots.kubernetes.ending import End, end_of, newest, outcome
from bots.kubernetes.lock import give_back, take
from bots.kubernetes.plan import is_same, job, job_name, limit_s, needs_lock
from bots.kubernetes.reaching import reached, refusal, refused, why
from bots.outcome import Outcome
from bots.timeline.effect import RunRemediation

_TIMEOUT: Final = httpx.Timeout(10)
_POLL_S: Final = 1.0
_AWAY_S: Final = 60.0
"""Seconds that an API server may be away while a Job is watched, before its end is asked for later."""
_TRIES: Final = 4
_LOOK_EVERY_S: Final = 5.0
_LAST_LINES: Final = 20


class KubernetesRunner:
    """Runs actions in one namespace of one cluster."""

    def __init__(
        self,
        config: lightkube.KubeConfig,
        namespace: str,
        now: Callable[[], datetime],
        *,
        poll_s: float = _POLL_S,
    ) -> None:
        """`namespace` holds the templates, the Jobs and the locks."""
        self._config = config
        self._namespace = namespace
        self._now = now
        self._poll_s = poll_s
        self._stopping = threading.Event()

    def start(self) -> None:
        """Nothing has to run before something is asked for."""

    def stop(self) -> None:
        """Whatever waits for the end of a Job gives up; the next process finds the Job by its name."""
        self._stopping.set()

    def name(self, run: RunRemediation) -> str:
        """Where people find it: `tocsin-remediation/inc-7-1`."""
        return f"{self._namespace}/{job_name(run)}"

    def begin(self, run: RunRemediation) -> Outcome | None:
        """Takes the lock on the target; gives why it is refused, or None if it may run.

        Raises Unreachable while somebody else holds the lock, or while the API server is away.
        """
        if run.action not in ACTIONS:
            return refused(f"no action {run.action}")
        with self._client() as client, reached():
            try:
                client.get(CronJob, template_name(run.action))
                if needs_lock(run):
                    take(client, run, self._now())
            except lightkube.ApiError as error:
                return refusal(error, f"template {template_name(run.action)} or the lock on its target")
        return None

    def apply(self, run: RunRemediation) -> Outcome:
        """Makes the Job, if there is none of its name, and waits for its end.

        Raises Unreachable, with an unknown outcome, when the end cannot be waited for any longer.
        """
        with self._client() as client:
            ended = self._create(client, run) or self._ended(client, run)
            if ended is None:
                ended = Outcome(outcome="failed", exit_code=None, detail="its Job was deleted while it ran")
            give_back(client, run)
            return ended

    def find(self, run: RunRemediation) -> Outcome | None:
        """How a run that was begun ended, or ends now; None if there is no Job that could say.

        Raises Unreachable, with an unknown outcome, while that cannot be known.
        """
        with self._client() as client:
            ended = self._ended(client, run)
            give_back(client, run)
            return ended

    def _client(self) -> lightkube.Client:
        """A client of its own for each run, so that no two threads share one."""
        return lightkube.Client(
            self._config, namespace=self._namespace, timeout=_TIMEOUT, field_manager=MANAGER, trust_env=False
        )

    def _create(self, client: lightkube.Client, run: RunRemediation) -> Outcome | None:
        """Makes the Job; why not, where it cannot be. It is tried again at once, since its name makes that harmless."""
        for _ in range(_TRIES - 1):
            try:
                with reached():
                    return self._create_once(client, run)
            except Unreachable:
                if self._stopping.wait(self._poll_s):
                    break
        with reached(unknown=True):
            return self._create_once(client, run)

    def _create_once(self, client: lightkube.Client, run: RunRemediation) -> Outcome | None:
        try:
            client.create(job(client.get(CronJob, template_name(run.action)), run, self._now()))
        except lightkube.ApiError as error:
            if error.status.reason != "AlreadyExists":
                return refusal(error, f"Job {self.name(run)}")
            if not is_same(client.get(Job, job_name(run)), run):
                return refused(f"Job {self.name(run)} exists already and was asked for something else")
        return None

    def _ended(self, client: lightkube.Client, run: RunRemediation) -> Outcome | None:
        """Waits for the end of the Job; None if there is none."""
        deadline = time.monotonic() + limit_s(run)
        answered, looked, seen = time.monotonic(), 0.0, None
        while True:
            try:
                end = end_of(client.get(Job, job_name(run)))
                answered = time.monotonic()
                if end is not None:
                    return self._told(client, run, end, seen)
                if answered - looked > _LOOK_EVERY_S:
                    # A Job whose time is up takes its pod, and with it why that never ran, along.
                    looked, seen = answered, self._pod(client, run) or seen
            except httpx.HTTPError as error:
                if isinstance(error, lightkube.ApiError) and error.status.code == 404:
                    return None
                if time.monotonic() - answered > _AWAY_S:
                    raise Unreachable(f"the API server: {why(error)}", unknown=True) from error
            if time.monotonic() > deadline:
                detail = f"Job {self.name(run)} has not ended within {limit_s(run)} s; look at its pod"
                return Outcome(outcome="timed_out", exit_code=None, detail=detail)
            if self._stopping.wait(self._poll_s):
                raise Unreachable("the bot stops; the Job is looked for after its start", unknown=True, alone=True)

    def _told(self, client: lightkube.Client, run: RunRemediation, end: End, seen: Pod | None) -> Outcome:
        """The outcome, with the end of the log; without a pod any more, with what was seen of it last."""
        pod = self._pod(client, run)
        if pod is None or pod.metadata is None:
            return outcome(end, seen, "")
        with HttpClient(client.config, ConnectionParams(timeout=_TIMEOUT, trust_env=False)) as http:
            log = read_log(http, self._namespace, pod.metadata.name or "", CONTAINER, lines=_LAST_LINES)
        return outcome(end, pod, log)

    def _pod(self, client: lightkube.Client, run: RunRemediation) -> Pod | None:
        """The newest pod of a Job."""
        return newest(list(client.list(Pod, labels={"batch.kubernetes.io/job-name": job_name(run)})))
