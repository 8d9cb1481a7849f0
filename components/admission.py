"""Which Jobs may be made in the namespace of remediations: only what a template says, to the letter. Pure.

Rights cannot say that: whoever may create Jobs may create any. So the API server compares each Job with the template
that its label names, by a ValidatingAdmissionPolicy that holds the templates as literals.
https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/

The CronJobs themselves as the policy's parameters would be shorter, but the API server stops watching a built-in kind
when the last policy with it goes, and never begins again: after a policy was made anew it would refuse every Job.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from alerting.job_names import MAX_REQUEST, REQUEST, TEMPLATE
from components.network import NAMESPACE_LABEL
from components.objects import Manifest, metadata

POLICY: Final = "tocsin-jobs-are-as-their-template"
_API: Final = "admissionregistration.k8s.io/v1"
_JOBS: Final = {
    "resourceRules": [{"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["jobs"]}]
}
# What the job controller adds to the pods of every Job.
_CONTROLLER_LABELS: Final = (
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
)
_ALIKE: Final = ("activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "parallelism", "completions")
_NEVER_SET: Final = (
    "podFailurePolicy",
    "successPolicy",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
    "managedBy",
)


def manifests(namespace: str, jobs: Mapping[str, Manifest]) -> list[Manifest]:
    """The policy, and what binds it to the namespace; `jobs` is the spec of a Job by the value of its label."""
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": _JOBS,
        "variables": _variables(jobs),
        "validations": [_known(jobs), *_pod_rules(), *_job_rules()],
    }
    binding = {
        "policyName": POLICY,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: namespace}}},
    }
    return [
        {"apiVersion": _API, "kind": "ValidatingAdmissionPolicy", "metadata": metadata(POLICY), "spec": spec},
        {"apiVersion": _API, "kind": "ValidatingAdmissionPolicyBinding", "metadata": metadata(POLICY), "spec": binding},
    ]


def _variables(jobs: Mapping[str, Manifest]) -> list[dict[str, str]]:
    """Each is computed when it is first used."""
    templates = {name: _template(spec) for name, spec in jobs.items()}
    found = {
        "name": f"{_map('object.metadata', 'labels')}[?'{TEMPLATE}'].orValue('')",
        "templates": literal(templates),
        "template": "variables.templates[variables.name]",
        "labels": _map("object.spec.template.metadata", "labels"),
        "annotations": _map("object.spec.template.metadata", "annotations"),
    }
    return [{"name": name, "expression": expression} for name, expression in found.items()]


def _template(spec: Manifest) -> dict[str, Any]:
    """What is compared, in the form in which the API server sees it: with its defaults."""
    pod = spec["template"]
    containers = [
        {
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            **container,
        }
        for container in pod["spec"]["containers"]
    ]
    return {
        "job": {name: spec[name] for name in _ALIKE},
        "labels": pod["metadata"]["labels"],
        "pod": {
            "dnsPolicy": "ClusterFirst",
            "schedulerName": "default-scheduler",
            # An older name of the same field, which the server fills for those who know only that.
            "serviceAccount": pod["spec"]["serviceAccountName"],
            **pod["spec"],
            "containers": containers,
        },
    }


def _known(jobs: Mapping[str, Manifest]) -> dict[str, str]:
    names = ", ".join(sorted(jobs))
    return {
        "expression": "variables.name in variables.templates",
        "message": f"a Job names its template in the label {TEMPLATE}: one of {names}",
    }


def _pod_rules() -> list[dict[str, str]]:
    labels, annotations = "variables.labels", "variables.annotations"
    return [
        {
            "expression": "object.spec.template.spec == variables.template.pod",
            "message": "image, command, account and everything else of a Job's pod are as in its template",
        },
        {
            "expression": f"{labels}.all(key, key in {list(_CONTROLLER_LABELS)!r} "
            f"|| variables.template.labels[?key].orValue('') == {labels}[key])",
            "message": "the labels of a Job's pod are those of its template",
        },
        {
            "expression": f"{annotations}.all(key, key == '{REQUEST}')",
            "message": f"the only annotation of a Job's pod is {REQUEST}",
        },
        {
            "expression": f"size({annotations}[?'{REQUEST}'].orValue('')) <= {MAX_REQUEST}",
            "message": f"a request has at most {MAX_REQUEST} bytes",
        },
    ]


def _job_rules() -> list[dict[str, str]]:
    alike = " && ".join(f"object.spec.?{name}.orValue(-1) == variables.template.job.{name}" for name in _ALIKE)
    never = " && ".join(f"!has(object.spec.{name})" for name in _NEVER_SET)
    return [
        {"expression": alike, "message": f"{', '.join(_ALIKE)} of a Job are as in its template"},
        {
            "expression": f"!object.spec.?manualSelector.orValue(false) && {never}",
            "message": f"a Job has neither a selector of its own nor {', '.join(_NEVER_SET)}",
        },
    ]


def _map(of: str, name: str) -> str:
    """A mapping that may be missing."""
    return f"{of}.?{name}.orValue({{}})"


def literal(value: Any) -> str:
    """A value in the Common Expression Language; Kubernetes wants the values of one map to be of one type, or `dyn`.

    https://github.com/google/cel-spec/blob/master/doc/langdef.md
    """
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(key)}: dyn({literal(item)})' for key, item in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(literal(item) for item in value)}]"
    # Texts are escaped as in JSON, and numbers and flags are written alike.
    return json.dumps(value)
