"""What the accounts of a stack may and must not do, asked of the API server with their own tokens."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.namespaces import REMEDIATION
from tests.cluster.api import Api, Refused
from tests.cluster.stack import Deployed
from tests.cluster.waiting import until

BOT: Final = "tocsin"
_POLICY: Final = "ValidatingAdmissionPolicy 'tocsin-jobs-are-as-their-template'"


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to do, such as `Ask("get", "apps/deployments", "shop", "checkout")`."""

    verb: str
    resource: str
    """`group/plural`, or `plural` for the group without a name; with `:subresource`, if it is about one."""
    namespace: str = ""
    name: str = ""

    def attributes(self) -> dict[str, str]:
        """As the API server takes it."""
        group, _, plural = self.resource.rpartition("/")
        plural, _, below = plural.partition(":")
        found = {"verb": self.verb, "group": group, "resource": plural, "subresource": below}
        return found | {"namespace": self.namespace, "name": self.name}


_SHOP: Final = "shop"
MAY: Final[Mapping[str, tuple[Ask, ...]]] = {
    BOT: (
        Ask("get", "batch/cronjobs", REMEDIATION, "restart-deployment"),
        Ask("create", "batch/jobs", REMEDIATION),
        Ask("get", "batch/jobs", REMEDIATION, "any"),
        Ask("watch", "batch/jobs", REMEDIATION),
        Ask("list", "pods", REMEDIATION),
        Ask("get", "pods:log", REMEDIATION, "any"),
        Ask("create", "coordination.k8s.io/leases", REMEDIATION),
        Ask("get", "coordination.k8s.io/leases", REMEDIATION, "any"),
        Ask("update", "coordination.k8s.io/leases", REMEDIATION, "any"),
    ),
    "restart-deployment": (
        Ask("get", "apps/deployments", _SHOP, "checkout"),
        Ask("patch", "apps/deployments", _SHOP, "checkout"),
        Ask("patch", "apps/deployments", "ingress", "ingress-controller"),
    ),
    "scale-deployment": (
        Ask("get", "apps/deployments", _SHOP, "checkout"),
        Ask("get", "apps/deployments:scale", _SHOP, "checkout"),
        Ask("patch", "apps/deployments:scale", _SHOP, "checkout"),
    ),
    "run-diagnostics": (
        Ask("get", "apps/deployments", _SHOP, "checkout"),
        Ask("list", "pods", _SHOP),
        Ask("list", "events", _SHOP),
        Ask("get", "pods:log", _SHOP, "any"),
        Ask("list", "metrics.k8s.io/pods", _SHOP),
    ),
    "restart-pod": (Ask("delete", "pods", "monitoring", "thanos-compactor-0"),),
    # It asks a service or a cache, and nothing of the cluster.
    "clear-cache": (),
}
"""What these accounts may do of all that is asked here; the others of the stack have no business in it."""
DANGERS: Final = (
    Ask("get", "secrets", "*", "any"),
    Ask("list", "secrets", "*"),
    Ask("create", "pods", "*"),
    Ask("delete", "pods", "*", "any"),
    Ask("create", "pods:exec", "*", "any"),
    Ask("create", "pods:ephemeralcontainers", "*", "any"),
    Ask("create", "serviceaccounts:token", "*", "any"),
    Ask("impersonate", "serviceaccounts", "*", "any"),
    Ask("create", "batch/cronjobs", "*"),
    Ask("patch", "batch/cronjobs", "*", "any"),
    Ask("delete", "batch/jobs", "*", "any"),
    Ask("patch", "apps/deployments", "*", "prometheus-operator"),
    Ask("patch", "apps/deployments", "*", "cart-redis"),
    Ask("delete", "apps/deployments", "*", "checkout"),
    Ask("patch", "apps/deployments:scale", "*", "cart"),
    Ask("create", "rbac.authorization.k8s.io/rolebindings", "*"),
    Ask("escalate", "rbac.authorization.k8s.io/roles", "*", "any"),
    Ask("bind", "rbac.authorization.k8s.io/clusterroles", "", "cluster-admin"),
    Ask("create", "rbac.authorization.k8s.io/clusterrolebindings"),
    Ask("impersonate", "users", "", "admin"),
    Ask("get", "nodes:proxy", "", "any"),
    Ask("patch", "namespaces", "", REMEDIATION),
    Ask("delete", "admissionregistration.k8s.io/validatingadmissionpolicies", "", "any"),
    Ask("delete", "admissionregistration.k8s.io/validatingadmissionpolicybindings", "", "any"),
    Ask("create", "admissionregistration.k8s.io/mutatingwebhookconfigurations"),
    Ask("patch", "apiextensions.k8s.io/customresourcedefinitions", "", "any"),
)
"""What nobody may do in any namespace (`*`), but for what is in `TAKEN`."""
TAKEN: Final[Mapping[tuple[str, str], str]] = {
    ("prometheus-operator", "get secrets"): "reads what its objects name, in its own namespace",
    ("prometheus-operator", "list secrets"): "watches what its objects name, in its own namespace",
    ("prometheus-operator", "delete pods"): "starts pods anew that a faulty update left behind, in its own namespace",
}
"""(account, verb and resource) → why it may do that in the main namespace."""


def asked_too_much(deployed: Deployed) -> list[str]:
    """Every difference between what may be and what is, as `account: words`; empty if there is none."""
    accounts = deployed.accounts()
    assert {name for _, name in accounts} >= set(MAY)
    found: list[str] = []
    for namespace, account in accounts:
        with deployed.plane.api(deployed.plane.token(namespace, account)) as api:
            found += [f"{account}: {words}" for words in _of_one(api, deployed, account)]
    return found


def _of_one(api: Api, deployed: Deployed, account: str) -> Iterator[str]:
    granted = set(MAY.get(account, ()))
    everything = {ask for some in MAY.values() for ask in some}
    for ask in sorted(everything, key=repr) if account in MAY else ():
        if _may(api, ask) != (ask in granted):
            yield f"{'may not' if ask in granted else 'may'} {ask}"
    for ask in _spread(deployed):
        taken = (account, f"{ask.verb} {ask.resource}") in TAKEN and ask.namespace == deployed.namespace
        if ask not in granted and _may(api, ask) != taken:
            yield f"{'may not' if taken else 'may'} {ask}"


def _spread(deployed: Deployed) -> Iterator[Ask]:
    """The dangers in every namespace that matters, one of them of those who are watched."""
    for ask in DANGERS:
        for namespace in (deployed.namespace, REMEDIATION, "kube-system", _SHOP) if ask.namespace else ("",):
            yield Ask(ask.verb, ask.resource, namespace, ask.name)


def _may(api: Api, ask: Ask) -> bool:
    """Whether the account may, by its own question."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": ask.attributes()},
    }
    answer = api.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    return bool(answer.object["status"]["allowed"])


def check_bot_admission(deployed: Deployed) -> None:
    """Of every template the bot may make a Job, and of none a Job that differs, nor any Job elsewhere."""
    with deployed.plane.api(deployed.plane.token(deployed.namespace, BOT)) as bot:
        crons = deployed.recording.manifests("CronJob")
        assert len(crons) >= len(MAY) - 1
        for cron in crons:
            right, changed = _job(bot, cron), _job(bot, cron)
            changed["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/evil:1"
            until("admission", lambda changed=changed: _POLICY in _refusal(bot, changed))  # type: ignore[misc]
            assert _refusal(bot, right) == ""
        assert "forbidden" in _refusal(bot, {**right, "metadata": {"name": "probe", "namespace": _SHOP}})


def _job(api: Api, cron: Mapping[str, Any]) -> dict[str, Any]:
    """A Job as a template says, as the server has it; for the bot has the right to look."""
    about = cron["metadata"]
    template = api.get("batch/v1", "CronJob", about["name"], about["namespace"])["spec"]["jobTemplate"]
    head = {"name": "probe", "namespace": about["namespace"], "labels": template["metadata"]["labels"]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": head, "spec": template["spec"]}


def _refusal(api: Api, job: Mapping[str, Any]) -> str:
    """Why the server does not take a Job; empty if it would."""
    try:
        path = f"/apis/batch/v1/namespaces/{job['metadata']['namespace']}/jobs"
        api.call("POST", path, job, {"dryRun": "All"})
    except Refused as refused:
        return refused.message
    return ""
