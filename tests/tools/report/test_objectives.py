"""Objectives at the end of a week, as a real Prometheus knows them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from bots.numbers.measured import Window
from tests.history import Series, prometheus_with
from tests.tools.report.stories import after
from tools.report.objectives import Objective, objectives

WEEK = Window(start=after(0), end=after(7))
STEP = timedelta(minutes=5)


def course(start: datetime, end: datetime, turn: datetime | None = None) -> list[tuple[datetime, float]]:
    """Budgets left, every five minutes: half of it, and from the turn on overspent."""
    count = int((end - start) / STEP)
    times = [start + STEP * at for at in range(count + 1)]
    return [(at, -0.25 if turn is not None and at >= turn else 0.5) for at in times]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One objective that was met throughout, one that was spent after six days, one that is known for a day."""
    samples = {
        "availability": course(after(-1), after(8)),
        "latency": course(after(-1), after(8), after(6)),
        "young": course(after(6), after(8)),
    }
    series = [
        Series(name=name, labels={"service": "checkout", "slo": slo, "replica": replica}, samples=kept)
        for slo, found in samples.items()
        for replica in ("a", "b")
        for name, kept in (
            ("slo:error_budget:remaining_ratio", found),
            ("slo:objective:ratio", [(at, 0.999) for at, _ in found]),
        )
    ]
    with prometheus_with(series, tmp_path_factory.mktemp("objectives")) as address:
        yield address


def test_what_is_left_and_how_long_it_was_met(url: str) -> None:
    """Of a pair of servers each objective is there once; what is known for a day says so."""
    found = {one.slo: one for one in objectives(url, WEEK, after(9)).rows}
    assert found["availability"] == Objective(
        service="checkout", slo="availability", promised=0.999, left=0.5, within=1, known=1
    )
    late = found["latency"]
    assert (late.left, late.within, late.met, late.partly) == (-0.25, pytest.approx(6 / 7, abs=0.001), False, False)
    young = found["young"]
    assert (young.within, young.known, young.partly) == (1, pytest.approx(1 / 7, abs=0.001), True)


def test_a_week_that_goes_on_ends_now(url: str) -> None:
    """Nothing that comes later is looked at, and nothing that has not come yet counts as unknown."""
    found = {one.slo: one for one in objectives(url, WEEK, after(3)).rows}
    assert sorted(found) == ["availability", "latency"]
    assert (found["latency"].left, found["latency"].within, found["latency"].known) == (0.5, 1, 1)


def test_no_data_is_no_number(url: str) -> None:
    """Neither at a time that Prometheus does not know, nor without a Prometheus, nor without an answer."""
    then = Window(start=after(-70), end=after(-63))
    assert objectives(url, then, after(9)).missing == "Prometheus knew of no objective at that time"
    assert objectives(None, WEEK, after(9)).missing == "no Prometheus was named"
    refused = objectives("http://ana:secret@127.0.0.1:9", WEEK, after(9))
    assert refused.rows == ()
    assert refused.missing.startswith("Prometheus did not answer: http://127.0.0.1:9: ")
    assert "secret" not in refused.missing
