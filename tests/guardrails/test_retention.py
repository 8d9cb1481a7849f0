"""The guardrail about retention."""

import pytest

from tests.guardrails.conftest import Said
from tests.guardrails.objects import operated


@pytest.mark.parametrize("retention", ["32d", "40d", "5w"])
def test_the_longest_window_and_two_days_are_enough(retention: str, said: Said) -> None:
    """Of thirty days, it is 32."""
    assert said("retention", operated(retention=retention)) == []


@pytest.mark.parametrize(
    ("retention", "shown"), [("31d", '"31d"'), ("767h", '"767h"'), ("often", '"often"'), (None, "null")]
)
def test_less_is_stopped(retention: str | None, shown: str, said: Said) -> None:
    """Also where nothing is said: the operator keeps a day then."""
    assert said("retention", operated(retention=retention)) == [
        (
            f"Prometheus monitoring/prometheus-0: keeps series for {shown}; expected at least 32d, the longest window "
            "30d and 2d; raise tocsin:prometheus.retention"
        )
    ]


def test_others_may_keep_what_they_like(said: Said) -> None:
    """Alertmanager's retention is about silences."""
    assert said("retention", operated("Alertmanager", "alertmanager", retention="120h")) == []
