"""Guardrails about rights in the cluster."""

from typing import Any

import pytest

from alerting.actions import ACTIONS
from alerting.remediations import Target
from components.remediation_access import roles
from policies.guardrails.registered import Resource
from tests.guardrails.conftest import Said
from tests.guardrails.objects import resource

RBAC = "rbac.authorization.k8s.io"
WAY_OUT = "take it away, or add it to the action in alerting/actions.py where it is reviewed"


def role(*rules: dict[str, Any], kind: str = "Role", name: str = "restart", **more: Any) -> Resource:
    """A Role in the namespace `shop`, or a ClusterRole."""
    about = {"name": name} if kind == "ClusterRole" else {"name": name, "namespace": "shop"}
    return resource({"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": about, "rules": list(rules), **more})


def binding(*subjects: dict[str, Any], kind: str = "RoleBinding", ref: str = "restart") -> Resource:
    """Gives the role to subjects; by default to the account of `restart_deployment`."""
    about = {"name": "restart"} if kind == "ClusterRoleBinding" else {"name": "restart", "namespace": "shop"}
    return resource(
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": kind,
            "metadata": about,
            "roleRef": {"apiGroup": RBAC, "kind": kind.removesuffix("Binding"), "name": ref},
            "subjects": list(subjects or [account("restart-deployment")]),
        }
    )


def account(name: str, namespace: str = "tocsin-remediation") -> dict[str, Any]:
    """A service account as a subject."""
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def rule(resources: str = "deployments", *verbs: str, **more: Any) -> dict[str, Any]:
    """A rule of a role, by default what `restart_deployment` needs."""
    found = {"apiGroups": ["apps"], "resources": [resources], "verbs": list(verbs or ("get", "patch"))}
    return {**found, "resourceNames": ["checkout"], **more}


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
@pytest.mark.parametrize("key", ["apiGroups", "resources", "verbs", "nonResourceURLs"])
def test_a_wildcard_is_stopped(kind: str, key: str, said: Said) -> None:
    """Anywhere in a rule, also behind something."""
    title = "ClusterRole restart" if kind == "ClusterRole" else "Role shop/restart"
    for value in ("*", "some/*"):
        assert said("no-wildcard-rights", role(rule(), rule(**{key: [value]}), kind=kind)) == [
            f"{title}: rules.1.{key} has a wildcard; expected every right by its name; list what is needed"
        ]
    assert said("no-wildcard-rights", role(rule(), kind=kind)) == []


def test_rights_that_nobody_listed_are_stopped(said: Said) -> None:
    """A role that gathers others, and the role that may do everything."""
    gathered = role(kind="ClusterRole", aggregationRule={"clusterRoleSelectors": []})
    assert said("no-wildcard-rights", gathered) == [
        (
            "ClusterRole restart: its rules are gathered from other roles; expected every right by its name; "
            "list what is needed"
        )
    ]
    assert said("no-wildcard-rights", binding(ref="cluster-admin", kind="ClusterRoleBinding")) == [
        (
            "ClusterRoleBinding restart: gives cluster-admin, which may do everything; expected a role of ours; "
            "list what is needed"
        )
    ]


@pytest.mark.parametrize("action", list(ACTIONS))
def test_what_the_component_gives_is_fine(action: str, said: Said) -> None:
    """Every action's own roles pass."""
    key = ACTIONS[action].target[1]
    targets = [Target("shop", key, "checkout"), Target("pay", key, "ledger")]
    assert said("remediation-rights", *map(resource, roles(ACTIONS[action], targets, "tocsin-remediation"))) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (rule("deployments", "get", "delete"), "may delete deployments.apps"),
        (rule("statefulsets", "get"), "may get statefulsets.apps"),
        (rule("secrets", "get", apiGroups=[""]), "may get secrets"),
        (
            rule("deployments", "patch", resourceNames=[]),
            "may patch every one of deployments.apps, not only targets by their name",
        ),
        ({"nonResourceURLs": ["/metrics"], "verbs": ["get"]}, "may read /metrics"),
    ],
)
def test_more_than_the_action_has_to_do_is_stopped(given: dict[str, Any], words: str, said: Said) -> None:
    """Another verb, another kind, another group, all objects, or pages of the API server."""
    assert said("remediation-rights", role(rule(), given), binding()) == [
        f"Role shop/restart: {words}; expected what restart_deployment has to do; {WAY_OUT}"
    ]


def test_rights_everywhere_are_stopped(said: Said) -> None:
    """An action works in the namespaces of its targets."""
    known = "restart-deployment, restart-pod, scale-deployment, clear-cache, run-diagnostics"
    everywhere = binding(kind="ClusterRoleBinding")
    assert said("remediation-rights", role(rule(), kind="ClusterRole"), everywhere) == [
        (
            "ClusterRoleBinding restart: gives restart-deployment of tocsin-remediation rights in all namespaces; "
            f"expected rights there for the accounts of actions ({known}) only, in one namespace each; {WAY_OUT}"
        )
    ]
    for subject, name in (
        (account("default"), "default"),
        ({"kind": "Group", "name": "system:serviceaccounts:tocsin-remediation"},) * 2,
    ):
        shown = name if isinstance(name, str) else name["name"]
        assert said("remediation-rights", role(rule()), binding(subject)) == [
            (
                f"RoleBinding shop/restart: gives {shown} of tocsin-remediation rights; expected rights there for the "
                f"accounts of actions ({known}) only, in one namespace each; {WAY_OUT}"
            )
        ]


def test_an_account_by_its_other_name_is_stopped(said: Said) -> None:
    """To the API server it is a user as well; users of other namespaces are none of this rule's business."""
    user = {"kind": "User", "name": "system:serviceaccount:tocsin-remediation:restart-deployment"}
    assert said("remediation-rights", role(rule("deployments", "get", "delete")), binding(user)) == [
        f"Role shop/restart: may delete deployments.apps; expected what restart_deployment has to do; {WAY_OUT}"
    ]
    other = {"kind": "User", "name": "system:serviceaccount:monitoring:tocsin"}
    assert said("remediation-rights", role(rule("deployments", "get", "delete")), binding(other)) == []


def test_a_role_from_elsewhere_is_stopped(said: Said) -> None:
    """Nobody here knows what it gives; accounts of other namespaces are none of this rule's business."""
    assert said("remediation-rights", binding()) == [
        (
            "RoleBinding shop/restart: gives restart-deployment a role that is not in shop of this stack; expected a "
            f"Role beside it; {WAY_OUT}"
        )
    ]
    assert said("remediation-rights", binding(account("tocsin", "monitoring"))) == []
