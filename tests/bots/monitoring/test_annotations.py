"""Texts of alerts that were never sent."""

from bots.monitoring.annotations import RuleTexts, annotations, rendered

LABELS = {"alertname": "HighErrorRate", "service": "checkout", "severity": "page", "odd-name": "x"}


def test_labels_are_filled_in_and_values_are_not() -> None:
    """A value of the past is not known; what stood around it still helps."""
    template = (
        "{{ $labels.service }} answers {{ $value | humanizePercentage }} with "
        '{{index $labels "odd-name"}} ({{ .Labels.severity }})'
    )
    assert rendered(template, LABELS) == "checkout answers … with x (page)"
    assert rendered("{{ $labels.nothing }}plain", LABELS) == "plain"


def test_the_rule_is_found_by_name_and_labels() -> None:
    """Two rules of one name differ by severity; where it is not clear which one it was there is no text."""
    page = RuleTexts(alert="HighErrorRate", labels={"severity": "page"}, annotations={"summary": "wake up"})
    ticket = RuleTexts(alert="HighErrorRate", labels={"severity": "ticket"}, annotations={"summary": "some day"})
    other = RuleTexts(alert="Other", labels={}, annotations={"summary": "no"})
    made = RuleTexts(alert="HighErrorRate", labels={"severity": "{{ $labels.x }}"}, annotations={"summary": "made"})
    assert annotations([other, ticket, page], LABELS) == {"summary": "wake up"}
    assert annotations([other, ticket], LABELS) == {}
    assert annotations([page, made], LABELS) == {}
