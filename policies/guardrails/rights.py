"""Who may do what in the cluster: nothing by wildcard, and remediation jobs only what their action has to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from alerting.actions import ACTIONS, Action, Permission
from alerting.job_names import template_name
from alerting.model.policy import Policy
from components.namespaces import REMEDIATION
from policies.guardrails.registered import Resource, of_kind
from policies.guardrails.rule import ResourceRule, StackRule

_ROLES: Final = ("Role", "ClusterRole")
_BINDINGS: Final = ("RoleBinding", "ClusterRoleBinding")
_AS_USER: Final = f"system:serviceaccount:{REMEDIATION}:"
_GROUPS: Final = (f"system:serviceaccounts:{REMEDIATION}", "system:serviceaccounts", "system:authenticated")
_ALMIGHTY: Final = "cluster-admin"
_WAY_OUT: Final = "take it away, or add it to the action in alerting/actions.py where it is reviewed"


def wildcards(resource: Resource, _: Policy) -> Iterator[str]:
    """Every right is written out."""
    if resource.kind in _ROLES:
        for at, rule in enumerate(resource.inputs.get("rules") or ()):
            for key, values in rule.items():
                if any("*" in str(value) for value in values or ()):
                    yield (
                        f"{resource.title}: rules.{at}.{key} has a wildcard; expected every right by its name; "
                        "list what is needed"
                    )
        if resource.inputs.get("aggregationRule"):
            yield (
                f"{resource.title}: its rules are gathered from other roles; expected every right by its name; "
                "list what is needed"
            )
    elif resource.kind in _BINDINGS and _ref(resource).get("name") == _ALMIGHTY:
        yield (
            f"{resource.title}: gives {_ALMIGHTY}, which may do everything; expected a role of ours; "
            "list what is needed"
        )


def remediation(resources: Sequence[Resource], _: Policy) -> Iterator[tuple[Resource, str]]:
    """An account of a remediation job can do what its action says, and no more."""
    roles = {(one.kind, one.namespace, one.object_name): one for one in of_kind(resources, *_ROLES)}
    actions = {template_name(name): action for name, action in ACTIONS.items()}
    for binding in of_kind(resources, *_BINDINGS):
        for subject in binding.inputs.get("subjects") or ():
            name = _account(subject)
            if name is None:
                continue
            if name not in actions or binding.kind == "ClusterRoleBinding":
                yield binding, _never(binding, name)
                continue
            role = roles.get((str(_ref(binding).get("kind")), binding.namespace, str(_ref(binding).get("name"))))
            if role is None:
                yield (
                    binding,
                    (
                        f"{binding.title}: gives {name} a role that is not in {binding.namespace} of this stack; "
                        f"expected a Role beside it; {_WAY_OUT}"
                    ),
                )
                continue
            for words in _excess(role, actions[name]):
                yield role, f"{role.title}: {words}; expected what {actions[name].name} has to do; {_WAY_OUT}"


def _account(subject: Mapping[str, Any]) -> str | None:
    """The account of the jobs' namespace that is meant, or the group that holds them all; None for anybody else.

    An account also is a user of a longer name: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
    """
    name, kind = str(subject.get("name")), subject.get("kind")
    if kind == "Group":
        return name if name in _GROUPS else None
    if kind == "User":
        return name.removeprefix(_AS_USER) if name.startswith(_AS_USER) else None
    return name if subject.get("namespace") == REMEDIATION else None


def _never(binding: Resource, name: str) -> str:
    what = "rights in all namespaces" if binding.kind == "ClusterRoleBinding" else "rights"
    return (
        f"{binding.title}: gives {name} of {REMEDIATION} {what}; expected rights there for the accounts of actions "
        f"({', '.join(map(template_name, ACTIONS))}) only, in one namespace each; {_WAY_OUT}"
    )


def _ref(binding: Resource) -> Mapping[str, Any]:
    return binding.inputs.get("roleRef") or {}


def _excess(role: Resource, action: Action) -> Iterator[str]:
    """What a role gives beyond the action's permissions."""
    for rule in role.inputs.get("rules") or ():
        if rule.get("nonResourceURLs"):
            yield f"may read {', '.join(rule['nonResourceURLs'])}"
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for verb in rule.get("verbs") or ():
                    permission = _permission(action, group, resource, verb)
                    what = f"{resource}.{group}" if group else resource
                    if permission is None:
                        yield f"may {verb} {what}"
                    elif permission.named and not rule.get("resourceNames"):
                        yield f"may {verb} every one of {what}, not only targets by their name"


def _permission(action: Action, group: str, resource: str, verb: str) -> Permission | None:
    for one in action.permissions:
        if one.group == group and resource in one.resources and verb in one.verbs:
            return one
    return None


RULES: Final = (
    ResourceRule(name="no-wildcard-rights", means="Every right in the cluster is given by its name.", check=wildcards),
    StackRule(
        name="remediation-rights",
        means="No account of a remediation job may do more than its action has to.",
        check=remediation,
    ),
)
