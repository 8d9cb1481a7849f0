"""Guardrails about alerts."""

from typing import Any

from policies.guardrails.registered import Resource
from tests.guardrails.conftest import Said
from tests.guardrails.objects import resource

RUNBOOK = "https://git.example.com/shop/tocsin/blob/main/runbooks/"


def rules(**changed: Any) -> Resource:
    """A PrometheusRule with one alert, and one recording rule that needs nothing."""
    alert = {
        "alert": "HighErrorRate",
        "expr": "vector(1)",
        "labels": {"severity": "page", "team": "payments", **changed.pop("labels", {})},
        "annotations": {"runbook_url": f"{RUNBOOK}HighErrorRate.md", **changed.pop("annotations", {})},
        **changed,
    }
    groups = [{"name": "errors", "rules": [{"record": "a:b:c", "expr": "vector(1)"}, alert]}]
    about = {"name": "errors", "namespace": "monitoring"}
    return resource(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": about,
            "spec": {"groups": groups},
        }
    )


def test_an_alert_as_it_should_be_is_fine(said: Said) -> None:
    """Our own severities, those of others that we know, and labels that come from a series."""
    for labels in ({}, {"severity": "critical"}, {"team": "{{ $labels.team }}"}):
        assert said("alert-labels", rules(labels=labels)) == []
    assert said("alert-runbooks", rules()) == []


def test_an_alert_without_meaning_or_owner_is_stopped(said: Said) -> None:
    """Nobody would be told of it."""
    assert said("alert-labels", rules(labels={"severity": "loud", "team": None})) == [
        (
            'PrometheusRule monitoring/errors: alert HighErrorRate has the severity "loud"; expected one of critical, '
            "info, page, ticket, warning; set the label"
        ),
        (
            "PrometheusRule monitoring/errors: alert HighErrorRate has the team null; expected one of payments, "
            "platform; set the label"
        ),
    ]


def test_an_alert_whose_runbook_is_missing_is_stopped(said: Said) -> None:
    """No address, somebody else's, or one of a file that is not there."""
    for url, shown in (
        (None, "null"),
        ("https://elsewhere.example.com/HighErrorRate.md", '"https://elsewhere.example.com/HighErrorRate.md"'),
        (f"{RUNBOOK}Missing.md", f'"{RUNBOOK}Missing.md"'),
    ):
        assert said("alert-runbooks", rules(annotations={"runbook_url": url})) == [
            (
                f"PrometheusRule monitoring/errors: alert HighErrorRate has the runbook_url {shown}; expected "
                f"{RUNBOOK}NAME.md of a file under runbooks/; write runbooks/HighErrorRate.md from runbooks/TEMPLATE.md"
            )
        ]
