"""Which Jobs may be made in the namespace of remediations: only what a template says, to the letter. Pure.

Rights cannot say that: whoever may create Jobs may create any. So the API server compares each Job with the CronJob
that its label names, by a ValidatingAdmissionPolicy whose parameter is that CronJob itself; a change of the template
is a change of what is admitted. https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from collections.abc import Sequence
from typing import Any, Final

from alerting.job_names import MAX_REQUEST, REQUEST, TEMPLATE
from components.network import NAMESPACE_LABEL
from components.objects import Manifest, metadata

POLICY: Final = "tocsin-jobs-are-as-their-template"
LABELLED: Final = "tocsin-jobs-name-their-template"
_API: Final = "admissionregistration.k8s.io/v1"
_JOBS: Final = {
    "resourceRules": [{"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["jobs"]}]
}
_TEMPLATE: Final = "params.spec.jobTemplate.spec"
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
    "scheduling",
)


def manifests(namespace: str, templates: Sequence[str]) -> list[Manifest]:
    """The two policies, and what binds them to the namespace; `templates` are the names of all CronJobs there."""
    return [
        _policy(POLICY, [*_pod_rules(), *_job_rules()], params={"apiVersion": "batch/v1", "kind": "CronJob"}),
        *[_binding(f"{POLICY}-{name}", POLICY, namespace, template=name) for name in templates],
        _policy(LABELLED, [_known(templates)]),
        _binding(LABELLED, LABELLED, namespace),
    ]


def _pod_rules() -> list[dict[str, str]]:
    pod, labels = "object.spec.template", _map("object.spec.template.metadata", "labels")
    ours, annotations = f"{_TEMPLATE}.template.metadata", _map("object.spec.template.metadata", "annotations")
    return [
        {
            "expression": f"{pod}.spec == {_TEMPLATE}.template.spec",
            "message": "image, command, account and everything else of a Job's pod are as in its template",
        },
        {
            "expression": f"{labels}.all(key, key in {list(_CONTROLLER_LABELS)!r} || {_same(labels, ours, 'labels')})",
            "message": "the labels of a Job's pod are those of its template",
        },
        {
            "expression": f"{annotations}.all(key, key == '{REQUEST}' || {_same(annotations, ours, 'annotations')})",
            "message": f"the only annotation of a Job's pod that its template does not have is {REQUEST}",
        },
        {
            "expression": f"size({annotations}[?'{REQUEST}'].orValue('')) <= {MAX_REQUEST}",
            "message": f"a request has at most {MAX_REQUEST} bytes",
        },
    ]


def _job_rules() -> list[dict[str, str]]:
    alike = " && ".join(f"object.spec[?'{name}'] == {_TEMPLATE}[?'{name}']" for name in _ALIKE)
    never = " && ".join(f"!has(object.spec.{name})" for name in _NEVER_SET)
    return [
        {"expression": alike, "message": f"{', '.join(_ALIKE)} of a Job are as in its template"},
        {
            "expression": f"!object.spec[?'manualSelector'].orValue(false) && {never}",
            "message": f"a Job has neither a selector of its own nor {', '.join(_NEVER_SET)}",
        },
    ]


def _known(templates: Sequence[str]) -> dict[str, str]:
    labels = _map("object.metadata", "labels")
    return {
        "expression": f"{labels}[?'{TEMPLATE}'].orValue('') in {sorted(templates)!r}",
        "message": f"a Job names one of the templates of this namespace in its label {TEMPLATE}",
    }


def _map(of: str, name: str) -> str:
    """A mapping that may be missing."""
    return f"{of}[?'{name}'].orValue({{}})"


def _same(mapping: str, template: str, name: str) -> str:
    """Whether the template has the same value for `key`."""
    return f"{mapping}[key] == {_map(template, name)}[?key].orValue('')"


def _policy(name: str, validations: list[dict[str, str]], params: Manifest | None = None) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "failurePolicy": "Fail",
        "matchConstraints": _JOBS,
        "validations": validations,
    }
    if params is not None:
        spec["paramKind"] = dict(params)
    return {"apiVersion": _API, "kind": "ValidatingAdmissionPolicy", "metadata": metadata(name), "spec": spec}


def _binding(name: str, policy: str, namespace: str, template: str | None = None) -> dict[str, Any]:
    where: dict[str, Any] = {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: namespace}}}
    spec: dict[str, Any] = {"policyName": policy, "validationActions": ["Deny"], "matchResources": where}
    if template is not None:
        where["objectSelector"] = {"matchLabels": {TEMPLATE: template}}
        spec["paramRef"] = {"name": template, "namespace": namespace, "parameterNotFoundAction": "Deny"}
    return {"apiVersion": _API, "kind": "ValidatingAdmissionPolicyBinding", "metadata": metadata(name), "spec": spec}
