"""The files of one service: its rules for Prometheus and as a Kubernetes object, and their tests."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from alerting.burn import Watch, watch
from alerting.model.policy import Policy
from alerting.model.service import Service
from alerting.rendering.header import HEADER
from alerting.rendering.template import Template, fits_alone, fits_inside, fits_quoted, template
from alerting.rule_tests.cases import cases
from alerting.rule_tests.file import head_of, load_of
from alerting.rule_tests.load import Load
from alerting.rules.group import RuleGroup, rule_file
from alerting.rules.slo import groups
from alerting.rules.subject import Form, Subject, Texts, subject_of
from alerting.yaml_text import dump

RULES: Final = "prometheus"
TESTS: Final = "promtool"
OBJECTS: Final = "kubernetes/rules"

_PART_OF: Final = {"app.kubernetes.io/part-of": "tocsin"}

# Stand-ins for texts, see `template`. The description of an alert is always quoted, since it begins with `{{`.
_ALONE: Final = (
    "service",
    "slo",
    "team",
    "alert",
    "page_priority",
    "ticket_priority",
    "runbook_url",
    "vanished_runbook_url",
    "dashboard_url",
)
_INSIDE: Final = ("objective", "budget")


def _token(name: str) -> str:
    return f"Zq{name}qZ"


@functools.cache
def _stand_in(selectors: int, guards: int) -> Texts:
    """Texts that are tokens."""
    return Texts(
        **{name: _token(name) for name in (*_ALONE, *_INSIDE)},
        description="{{" + _token("description"),
        selectors=tuple(_token(f"selector{at}") for at in range(selectors)),
        guards=tuple(_token(f"guard{at}") for at in range(guards)),
    )


def fits(texts: Texts) -> bool:
    """Whether texts can be filled into a template."""
    return (
        all(fits_alone(getattr(texts, name)) for name in _ALONE)
        and all(fits_inside(text) for text in (texts.objective, texts.budget, *texts.selectors, *texts.guards))
        and fits_quoted(texts.description)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The files of a service, and what they leave untested."""

    files: dict[str, str]
    """By path under rendered/."""
    untested: tuple[str, ...] = ()
    """SLOs whose metrics could not be made up for a test, as `<service>/<slo>`."""


def render_service(policy: Policy, service: Service) -> Rendered:
    """Every file of one service; none without SLOs. Raises ValueError for a selector that is not PromQL."""
    if not service.slos:
        return Rendered(files={})
    name = service.service
    subjects = [subject_of(policy, service, slo) for slo in service.slos]
    templated = [not subject.by_expression and fits(subject.texts) for subject in subjects]
    rules, objects = (
        "".join(_rules(subject, indent, fit) for subject, fit in zip(subjects, templated, strict=True))
        for indent in ("  ", "    ")
    )
    files = {
        f"{RULES}/{name}.yaml": f"{HEADER}groups:\n{rules}",
        f"{OBJECTS}/{name}.yaml": f"{HEADER}{_object_head(name)}{objects}",
    }
    untested = []
    tests: dict[str, list[str]] = {"test": [], "native_test": []}
    for slo, subject, fit in zip(service.slos, subjects, templated, strict=True):
        load = load_of(slo)
        if load is None:
            untested.append(f"{name}/{slo.name}")
        else:
            kind = "native_test" if load.kind == "native" else "test"
            tests[kind].append(_tests(subject, load, watch(slo, service, policy.windows), fit))
    for kind, found in tests.items():
        if found:
            head = dump({**head_of(service, f"../{RULES}/{name}.yaml"), "tests": []})
            files[f"{TESTS}/{name}_{kind}.yaml"] = HEADER + head.removesuffix(" []\n") + "\n" + "".join(found)
    return Rendered(files=files, untested=tuple(untested))


def prometheus_rule(name: str, rule_groups: Sequence[RuleGroup]) -> dict[str, Any]:
    """A PrometheusRule of the Prometheus operator.

    https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule
    """
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name, "labels": _PART_OF},
        "spec": rule_file(rule_groups),
    }


def _object_head(name: str) -> str:
    return dump(prometheus_rule(name, ())).removesuffix(" []\n") + "\n"


def _rules(subject: Subject, indent: str, templated: bool) -> str:
    """The groups of an SLO, indented."""
    if not templated:
        return template(_groups(subject), (), indent).fill(())
    texts = subject.texts
    return _rule_template(subject.form, len(texts.selectors), len(texts.guards), indent).fill(texts.flat())


@functools.lru_cache(maxsize=256)
def _rule_template(form: Form, selectors: int, guards: int, indent: str) -> Template:
    texts = _stand_in(selectors, guards)
    return template(_groups(Subject(form=form, texts=texts)), texts.flat(), indent)


def _groups(subject: Subject) -> list[dict[str, Any]]:
    return [group.to_dict() for group in groups(subject)]


def _tests(subject: Subject, load: Load, watched: Watch, templated: bool) -> str:
    """The tests of an SLO, indented."""
    series = tuple(one.name for one in load.series)
    if not (templated and all(fits_alone(name) for name in series)):
        return template(list(cases(subject, load, watched.theories).all()), (), "  ").fill(())
    texts = subject.texts
    tokens = tuple(_token(f"series{at}") for at in range(len(series)))
    stand_in = replace(
        load, series=tuple(replace(one, name=token) for one, token in zip(load.series, tokens, strict=True))
    )
    found = _test_template(subject.form, len(texts.selectors), len(texts.guards), stand_in, watched)
    return found.fill((*texts.flat(), *series))


@functools.lru_cache(maxsize=512)
def _test_template(form: Form, selectors: int, guards: int, load: Load, watched: Watch) -> Template:
    texts = _stand_in(selectors, guards)
    found = cases(Subject(form=form, texts=texts), load, watched.theories).all()
    return template(list(found), (*texts.flat(), *(one.name for one in load.series)), "  ")
