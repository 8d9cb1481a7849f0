"""The namespace of remediations on a real cluster as `pulumi up` makes it, and a runner with the bot's rights."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import lightkube

from alerting.job_names import TEMPLATE
from alerting.remediations import Target
from bots.kubernetes.runner import KubernetesRunner
from bots.timeline.effect import RunRemediation
from components import bot_access
from components.admission import POLICY
from components.remediation import Look, RemediationArgs, manifests, templates
from components.remediation_templates import cron_job
from tests.cluster.api import Api, Refused
from tests.cluster.plane import ControlPlane
from tests.cluster.waiting import until

BOT = "tocsin"
IMAGE = "registry.example/tocsin:1.0.0"


@dataclass(slots=True, kw_only=True)
class Ward:
    """What is placed goes with the test; the bot's account lies in the same namespace, which each test has alone."""

    plane: ControlPlane
    kube: Api
    namespace: str
    targets: Mapping[str, Sequence[Target]] = field(default_factory=dict)
    looks: Sequence[Look] = ()
    _placed: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def args(self) -> RemediationArgs:
        """As the component takes them."""
        return RemediationArgs(namespace=self.namespace, image=IMAGE, targets=self.targets, looks=self.looks)

    def __enter__(self) -> Self:
        """Places everything and waits until admission is in force."""
        about = {"name": BOT, "namespace": self.namespace}
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about}
        rights = bot_access.manifests(BOT, self.namespace, self.namespace)
        crons = [cron_job(template, self.namespace, IMAGE) for template in templates(self.args)]
        for manifest in [account, *rights, *crons, *self.manifests()]:
            answer = self.kube.apply(manifest)
            assert answer.warnings == (), manifest
            self._placed.append(manifest)
        until("admission", self._refuses)
        return self

    def __exit__(self, *_: object) -> None:
        """What belongs to no namespace goes at once, the rest with the namespace."""
        for manifest in self._placed:
            if "namespace" not in manifest["metadata"]:
                self.kube.delete(manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"])

    @property
    def policy(self) -> str:
        """The name of the admission policy here."""
        return f"{POLICY}-{self.namespace}"

    def manifests(self) -> list[dict[str, Any]]:
        """Everything but the CronJobs; what belongs to no namespace is named after this one.

        Tests that run at the same time share the control plane.
        """
        found = []
        for one in copy.deepcopy(list(manifests(self.args))):
            changed = dict(one)
            if "namespace" not in changed["metadata"]:
                changed["metadata"]["name"] = self.policy
                if "policyName" in changed["spec"]:
                    changed["spec"]["policyName"] = self.policy
            found.append(changed)
        return found

    def job(self, template: str, name: str = "probe", **labels: str) -> dict[str, Any]:
        """A Job made from a template, as the server has it."""
        found = self.kube.get("batch/v1", "CronJob", template, self.namespace)["spec"]["jobTemplate"]
        about = {"name": name, "namespace": self.namespace, "labels": {**found["metadata"]["labels"], **labels}}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": about, "spec": found["spec"]}

    def refusal(self, job: Mapping[str, Any]) -> str:
        """Why the server does not take a Job; empty if it would."""
        try:
            self.kube.call("POST", f"/apis/batch/v1/namespaces/{self.namespace}/jobs", job, {"dryRun": "All"})
        except Refused as refused:
            return refused.message
        return ""

    def _refuses(self) -> bool:
        """The policy is in force: it refuses what is wrong, and nothing else."""
        labels = {TEMPLATE: "unknown"}
        right, other = self.job("restart-pod"), self.job("restart-pod", **labels)
        changed = self.job("restart-deployment")
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = "evil"
        return all(self.refusal(one) for one in (other, changed)) and not self.refusal(right)

    def runner(self, *, now: datetime | None = None) -> KubernetesRunner:
        """The bot's own, with the token of its account."""
        token = self.plane.token(self.namespace, BOT)
        config = lightkube.KubeConfig.from_file(self.plane.kubeconfig_of(f"{self.namespace}-bot", token))
        return KubernetesRunner(config, self.namespace, lambda: now or datetime.now(UTC), poll_s=0.1)

    def jobs(self) -> list[str]:
        """The Jobs that there are."""
        return sorted(one["metadata"]["name"] for one in self.kube.objects("batch/v1", "Job", self.namespace))

    def hold(self, name: str) -> None:
        """Gives the only lock to somebody else, or back."""
        found = self.lease()
        found["spec"]["holderIdentity"] = name
        path = f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/{found['metadata']['name']}"
        self.kube.call("PUT", path, found)

    def unbind(self) -> None:
        """From now on any Job is admitted."""
        (binding,) = (one for one in self._placed if one["kind"].endswith("Binding") and one["kind"].startswith("V"))
        self._placed.remove(binding)
        self.kube.delete(binding["apiVersion"], binding["kind"], binding["metadata"]["name"])
        until("no admission", lambda: not self.refusal(self.job("restart-pod", **{TEMPLATE: "unknown"})))

    def lease(self) -> dict[str, Any]:
        """The only lock."""
        (found,) = self.kube.objects("coordination.k8s.io/v1", "Lease", self.namespace)
        return found


def run_of(
    action: str,
    target: Mapping[str, str],
    *,
    incident: int = 7,
    attempt: int = 1,
    dry_run: bool = False,
    **parameters: Any,
) -> RunRemediation:
    """An attempt, as the ledger decides on it."""
    return RunRemediation(
        incident=incident,
        event_key="0" * 64,
        attempt=attempt,
        action=action,
        target=target,
        parameters=parameters,
        alert="HighErrorRate",
        service="checkout",
        dry_run=dry_run,
    )
