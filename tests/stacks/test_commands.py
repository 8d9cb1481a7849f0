"""What runbooks and pages have people type at three in the morning names what the program makes."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from components.namespaces import NODES, REMEDIATION
from tests.stacks.companies import ROOT
from tools.program import record_stack

PAGES: Final = sorted(
    page for pattern in ("*.md", "docs/*.md", "runbooks/*.md", "postmortems/*.md") for page in ROOT.glob(pattern)
)
OURS: Final = ("monitoring", NODES, REMEDIATION)
"""Namespaces in which everything is made by the program; what is in others belongs to the company."""
_DEFAULT: Final = re.compile(r"`kubectl` below means `kubectl [^`]*-n ([a-z-]+)`")
_COMMAND: Final = re.compile(r"(?:^|[`|;(&]\s*|\bthen )(kubectl .*?)(?:`|\s\|\s|\s&&\s|\s#\s|&$|$)", re.MULTILINE)
_VALUED: Final = frozenset(
    {"-n", "-l", "-c", "-o", "-p", "--context", "--namespace", "--selector", "--container", "--output"}
)
"""Options whose value is the next word."""
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("deploy", "deployment", "deployments"), "Deployment"),
    **dict.fromkeys(("sts", "statefulset", "statefulsets"), "StatefulSet"),
    **dict.fromkeys(("ds", "daemonset", "daemonsets"), "DaemonSet"),
    **dict.fromkeys(("svc", "service", "services"), "Service"),
    **dict.fromkeys(("po", "pod", "pods"), "Pod"),
    **dict.fromkeys(("cj", "cronjob", "cronjobs"), "CronJob"),
    **dict.fromkeys(("secret", "secrets"), "Secret"),
    **dict.fromkeys(("cm", "configmap"), "ConfigMap"),
    "certificate": "Certificate",
    "externalsecret": "ExternalSecret",
    "prometheus": "Prometheus",
    "alertmanager": "Alertmanager",
    "thanosruler": "ThanosRuler",
}
_OF_POD: Final = frozenset({"logs", "exec", "port-forward", "cp", "attach"})
"""Verbs whose bare word is a pod."""
_TYPED: Final = frozenset({"get", "describe", "delete", "edit", "annotate", "label", "top", "patch", "scale"})
"""Verbs whose words are a kind and then names."""
_PLACEHOLDER: Final = re.compile(r"[$<]|^[A-Z_]+$")
_MADE_BY_OPERATOR: Final = {
    "Prometheus": ("prometheus", ("prometheus", "config-reloader", "thanos-sidecar"), 9090),
    "Alertmanager": ("alertmanager", ("alertmanager", "config-reloader"), 9093),
    "ThanosRuler": ("thanos-ruler", ("thanos-ruler", "config-reloader"), 10902),
}
"""Kind → what the operator puts before the name of its StatefulSet and of its Service, its containers, its port."""


@dataclass(slots=True)
class There:
    """What there is in our namespaces when the program is through and the operator is, too."""

    objects: set[tuple[str, str, str]] = field(default_factory=set)
    """Namespace, kind and name."""
    labels: set[tuple[str, str, str]] = field(default_factory=set)
    """Namespace, key and value of the labels of pods."""
    containers: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """Namespace and `Kind/name`, or `pods` for all → the names of containers."""
    ports: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    """Namespace and Service → its ports."""

    def add(self, namespace: str, kind: str, name: str, manifest: Mapping[str, Any]) -> None:
        """One object, with its pods."""
        self.objects.add((namespace, kind, name))
        spec = manifest.get("spec", {})
        if kind == "Service":
            self.ports[namespace, name] = {one["port"] for one in spec["ports"]}
        if kind in ("Deployment", "StatefulSet", "DaemonSet"):
            template = spec["template"]
            containers = [one["name"] for one in template["spec"]["containers"]]
            self.pods(namespace, kind, name, template["metadata"]["labels"], containers, spec.get("replicas", 1))

    def pods(
        self, namespace: str, kind: str, name: str, labels: Mapping[str, str], containers: list[str], replicas: int
    ) -> None:
        """Those of a workload."""
        self.labels |= {(namespace, *label) for label in labels.items()}
        self.containers[namespace, f"{kind}/{name}"] = set(containers)
        self.containers.setdefault((namespace, "pods"), set()).update(containers)
        for number in range(replicas if kind == "StatefulSet" else 0):
            self.objects.add((namespace, "Pod", f"{name}-{number}"))
            self.containers[namespace, f"Pod/{name}-{number}"] = set(containers)


@cache
def there() -> There:
    """Of the example company's production stack."""
    found = There()
    for one in record_stack(ROOT, "production").manifests():
        kind, about = one["kind"], one["metadata"]
        namespace, name = about.get("namespace", ""), about["name"]
        found.add(namespace, kind, name, one)
        if kind == "Certificate":
            found.objects.add((namespace, "Secret", one["spec"]["secretName"]))
        if kind == "ExternalSecret":
            found.objects.add((namespace, "Secret", one["spec"]["target"]["name"]))
        if kind in _MADE_BY_OPERATOR:
            before, containers, port = _MADE_BY_OPERATOR[kind]
            found.objects |= {
                (namespace, "StatefulSet", f"{before}-{name}"),
                (namespace, "Service", f"{before}-operated"),
            }
            found.ports[namespace, f"{before}-operated"] = {port}
            labels = {"app.kubernetes.io/name": before}
            replicas = one["spec"]["replicas"]
            found.pods(namespace, "StatefulSet", f"{before}-{name}", labels, list(containers), replicas)
    return found


def commands(page: Path) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Each command of a page: the namespace, its words without options, and its options."""
    text = page.read_text(encoding="utf-8")
    default = _DEFAULT.search(text)
    for command in _COMMAND.findall(text):
        given, _, _ = command.partition(" -- ")
        try:
            words = shlex.split(given)[1:]
        except ValueError:
            words = given.split()[1:]
        plain, options = [], {}
        while words:
            word = words.pop(0)
            if word in _VALUED and words:
                options[word] = words.pop(0)
            elif word.startswith("-"):
                options.setdefault(*word.partition("=")[::2])
            else:
                plain.append(word)
        namespace = options.get("-n", options.get("--namespace", default[1] if default else ""))
        yield namespace, plain, options


def named(plain: list[str]) -> Iterator[tuple[str, str]]:
    """Kind and name of everything that the words of a command name."""
    verb, *rest = plain or [""]
    kinds: list[str] = []
    for word in rest:
        kind, slash, name = word.partition("/")
        if verb == "cp":
            if ":" in word:
                yield "Pod", word.partition(":")[0]
        elif slash and kind in _KINDS:
            yield _KINDS[kind], name
        elif verb in _OF_POD and not word.isdigit() and not kinds:
            yield "Pod", word
            return
        elif verb in _TYPED and not kinds:
            kinds = [_KINDS.get(one, "") for one in word.split(",")]
        elif verb in _TYPED:
            yield from ((kind, word) for kind in kinds if kind)


def flaws(page: Path) -> Iterator[str]:
    """What a page names that is not there."""
    found = there()
    for namespace, plain, options in commands(page):
        if namespace not in OURS:
            continue
        workload = "pods"
        for kind, name in named(plain):
            if _PLACEHOLDER.search(name):
                continue
            workload = f"{kind}/{name}"
            if (namespace, kind, name) not in found.objects:
                yield f"{namespace}: {kind} {name}"
            elif kind == "Service" and plain[0] == "port-forward":
                ports = {int(word.rpartition(":")[2]) for word in plain[2:]}
                yield from (f"{namespace}: port {port} of {name}" for port in ports - found.ports[namespace, name])
        for label in options.get("-l", "").split(","):
            if label and (namespace, *label.split("=")) not in found.labels:
                yield f"{namespace}: pods with {label}"
        container = options.get("-c")
        if container is not None and container not in found.containers.get((namespace, workload), ()):
            yield f"{namespace}: container {container} of {workload}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_name_what_the_program_makes(page: Path) -> None:
    """Workloads, pods, Services with their ports, labels and containers."""
    assert list(flaws(page)) == []


def test_the_pages_do_name_something() -> None:
    """So that the test above does not pass because it understands no command any more."""
    seen = {
        (kind, name)
        for page in PAGES
        for namespace, plain, _ in commands(page)
        if namespace in OURS
        for kind, name in named(plain)
    }
    assert {
        ("StatefulSet", "tocsin"),
        ("Pod", "tocsin-0"),
        ("Pod", "thanos-compactor-0"),
        ("Deployment", "thanos-query"),
        ("Service", "prometheus-operated"),
        ("Certificate", "thanos-query"),
    } <= seen
