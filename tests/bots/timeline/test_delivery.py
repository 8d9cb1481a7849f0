"""Alertmanager's webhook as a value."""

from datetime import UTC, datetime

import pytest

from bots.errors import Rejected
from bots.timeline import delivery
from bots.timeline.intake import Alert
from tests.bots.bodies import AT, alert, body


def test_a_notification_becomes_alerts() -> None:
    """Firing alerts have no end, resolved ones do."""
    told = delivery.intake(body(alert(1), alert(2, status="resolved"), truncatedAlerts=3), key="k", received_at=AT)
    assert (told.key, told.received_at, told.truncated, told.source) == ("k", AT, 3, "alertmanager")
    firing, resolved = told.alerts
    assert firing == Alert(
        fingerprint="0000000000000001",
        status="firing",
        starts_at=AT,
        ends_at=None,
        labels=alert(1)["labels"],
        annotations={"summary": "checkout spends its error budget too fast"},
        generator_url="http://prometheus.example.com/graph",
    )
    assert resolved.ends_at == datetime(2026, 1, 5, 10, 10, tzinfo=UTC)


def test_keys_of_later_versions_are_ignored() -> None:
    """A new Alertmanager must not be turned away."""
    assert delivery.read(body(alert() | {"new": 1}, brandNew=True)).alerts


BROKEN = "not JSON; expected what Alertmanager's webhook receiver sends; nothing was kept"
OTHER = BROKEN.replace("not JSON", "not an Alertmanager notification of version 4")


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (b"", "body: Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (b"{", "body: Invalid JSON: EOF while parsing an object at line 1 column 1"),
        (b"[" * 100_000, "body: Invalid JSON: recursion limit exceeded at line 1 column 202"),
        (b'{"a":' * 50_000, "body: Invalid JSON: recursion limit exceeded at line 1 column 1006"),
        (b"\xff\xfe", "body: Invalid JSON: expected value at line 1 column 1"),
        (body() + b"x", f"body: Invalid JSON: trailing characters at line 1 column {len(body()) + 1}"),
        (
            b'{"version":"4","groupKey":"\\ud800"}',
            "body: Invalid JSON: unexpected end of hex escape at line 1 column 34",
        ),
        (b'{"version":"4","groupKey":"\x00"}', None),
    ],
)
def test_what_is_not_json_is_told_where(sent: bytes, problem: str | None) -> None:
    """400, with the place of the mistake."""
    with pytest.raises(Rejected) as caught:
        delivery.read(sent)
    assert (caught.value.status, str(caught.value)) == (400, BROKEN)
    assert problem is None or caught.value.problems == (problem,)


def test_all_mistakes_of_another_shape_are_told_together() -> None:
    """422, with a line for each, saying what was there."""
    wrong = alert() | {"status": "on fire", "labels": {"a": 1}, "fingerprint": "../../etc", "startsAt": "yesterday"}
    with pytest.raises(Rejected) as caught:
        delivery.read(body(wrong, version="3", truncatedAlerts=-1))
    assert (caught.value.status, str(caught.value)) == (422, OTHER)
    assert caught.value.problems == (
        "version: Input should be '4'; got '3'",
        "truncatedAlerts: Input should be greater than or equal to 0; got -1",
        "alerts.0.status: Input should be 'firing' or 'resolved'; got 'on fire'",
        "alerts.0.labels.a: Input should be a valid string; got 1",
        "alerts.0.startsAt: Input should be a valid datetime or date, input is too short; got 'yesterday'",
        "alerts.0.fingerprint: String should match pattern '^[0-9A-Za-z_-]{1,64}$'; got '../../etc'",
    )


@pytest.mark.parametrize("sent", [b"null", b"[]", b"1", b'"text"', b"{}"])
def test_json_of_another_kind_is_refused(sent: bytes) -> None:
    """422 for anything that is not a notification."""
    with pytest.raises(Rejected) as caught:
        delivery.read(sent)
    assert caught.value.status == 422


def test_a_thousand_mistakes_are_cut() -> None:
    """The answer stays short, whatever was sent."""
    with pytest.raises(Rejected) as caught:
        delivery.read(body(*[{"status": "x" * 1000, "labels": [], "startsAt": {}}] * 500))
    assert len(caught.value.problems) == 11
    assert caught.value.problems[0] == f"alerts.0.status: Input should be 'firing' or 'resolved'; got '{'x' * 59}…"
    assert caught.value.problems[-1] == "and 1990 more"


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1969-12-31T00:00:00Z"])
def test_times_that_no_clock_shows_are_refused(start: str) -> None:
    """An instant that some time zone cannot express would break what comes later."""
    with pytest.raises(Rejected) as caught:
        delivery.read(body(alert() | {"startsAt": start}))
    assert caught.value.status == 422


def test_nanoseconds_are_taken() -> None:
    """Alertmanager writes nine digits of a second."""
    told = delivery.intake(body(alert() | {"startsAt": "2026-01-05T10:00:00.123456789Z"}), key="k", received_at=AT)
    assert told.alerts[0].starts_at == AT.replace(microsecond=123_456)
