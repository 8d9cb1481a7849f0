"""Ratios whose counters are plain to see become counters; all others stay what they are."""

import pytest

from alerting.model.service import EventsSli, ProbeSli, RatioSli
from alerting.rules.ratio_form import compiled_sli, counters_of


@pytest.mark.parametrize(
    ("ratio", "sli"),
    [
        (
            'sum(rate(m{code="5"}[{{window}}])) / sum(rate(m[{{window}}]))',
            EventsSli(bad='m{code="5"}', total="m"),
        ),
        ("(sum(increase(bad[{{window}}])))/(sum(increase(all[{{window}}])))", EventsSli(bad="bad", total="all")),
        ("1 - sum(rate(good[{{window}}])) / sum(rate(all[{{window}}]))", EventsSli(good="good", total="all")),
        ("1 - (sum(rate(good[{{window}}])) / sum(rate(all[{{window}}])))", EventsSli(good="good", total="all")),
    ],
)
def test_plain_ratios_are_counters(ratio: str, sli: EventsSli) -> None:
    """With or without brackets, bad ones over all or one minus the good ones."""
    assert compiled_sli(RatioSli(ratio=ratio)) == sli


@pytest.mark.parametrize(
    "ratio",
    [
        "avg_over_time(ratio[{{window}}])",
        "sum(rate(bad[5m])) / sum(rate(all[{{window}}]))",
        "sum by (x) (rate(bad[{{window}}])) / sum(rate(all[{{window}}]))",
        "sum(rate(bad[{{window}}])) / on () sum(rate(all[{{window}}]))",
        "sum(rate(bad[{{window}}] offset 5m)) / sum(rate(all[{{window}}]))",
        "sum(irate(bad[{{window}}])) / sum(rate(all[{{window}}]))",
        "2 - sum(rate(good[{{window}}])) / sum(rate(all[{{window}}]))",
        'sum(rate({a="b"}[{{window}}])) / sum(rate(all[{{window}}]))',
        "sum(rate(bad[{{window}}])) * sum(rate(all[{{window}}]))",
    ],
)
def test_anything_else_is_left_alone(ratio: str) -> None:
    """Where the meaning is not certain, the expression is used as it is."""
    assert counters_of(RatioSli(ratio=ratio)) is None
    assert compiled_sli(RatioSli(ratio=ratio)) == RatioSli(ratio=ratio)


def test_other_kinds_are_what_they_are() -> None:
    """Only ratios are looked at."""
    assert compiled_sli(ProbeSli(probe="up")) == ProbeSli(probe="up")
