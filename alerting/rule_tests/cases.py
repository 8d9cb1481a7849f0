"""The cases that every SLO is tested with: it fires when it must and not before, and three silences are told apart."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alerting import names, promql, theory
from alerting.model.document_model import Severity
from alerting.rule_tests.load import Load, Series, Stretch
from alerting.rules.burn_alerts import VANISHED_FOR
from alerting.rules.subject import Subject
from alerting.theory import PairTheory

STEPS: Final = 2
"""How many evaluations the rules may differ from theory."""
HEALTHY: Final = 20
"""Scrapes of good traffic before a fault at least, five minutes at 15s."""
FIRST_SCRAPE: Final = 2.75
"""Times the usual traffic before the second scrape: the first base windows of a new series count too few events, which
this makes up for, so that a short history is as good as a long one."""
HISTORY: Final = 3
"""Probes cannot do that; so much longer than the fault is what precedes it, and the fault weighs at most half a step
more than it should."""
SLOWEST_S: Final = 15 * 60
"""The longest that a test of a partial fault may wait for its page."""
PARTIAL: Final = (0.02, 0.05, 0.1, 0.2, 0.5)
USUAL_TRAFFIC: Final = 10.0

SEVERITIES: Final[tuple[Severity, ...]] = ("page", "ticket")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """One SLO, its series, and the pairs in numbers."""

    subject: Subject
    load: Load
    pairs: tuple[PairTheory, ...]
    step_s: float
    events: float
    """Events between two scrapes."""

    def all(self) -> Iterator[dict[str, Any]]:
        """Every test of the SLO, as promtool reads them."""
        if any(pair.can_fire for pair in self.pairs):
            yield self.complete_outage()
        if (partial := self._partial()) is not None:
            yield self.fault(partial)
        yield self.below_threshold()
        yield self.idle()
        if any(one.part == "bad" for one in self.load.series):
            yield self.no_error_yet()
        yield self.vanished()
        yield self.young_blip()

    def complete_outage(self) -> dict[str, Any]:
        """Everything fails: the page and the ticket fire in time."""
        found = [self._detection(severity, 1.0) for severity in SEVERITIES]
        lasts = max(detected for detected in found if detected is not None) + (STEPS + 2) * self.step_s
        start = self._start(lasts)
        checks = [check for severity in SEVERITIES for check in self._fires(severity, 1.0, start)]
        return self._test("everything fails", self._stretches(1.0, lasts, start), checks)

    def fault(self, errors: float) -> dict[str, Any]:
        """A part fails: the page fires in time, and stops in time after the fault."""
        lasts = self._lasting("page", errors)
        pairs = theory.of_severity(self.pairs, "page")
        after = theory.reset_s(pairs, errors, lasts)
        assert after is not None
        start = self._start(lasts)
        end = start + lasts
        checks = [*self._fires("page", errors, start)]
        still = end + self.step_s * math.floor(after / self.step_s - STEPS)
        if still > end:
            checks.append(self._expect(still, self._burn_alert("page"), firing=True))
        latest = max(after, self._unguarded_reset(errors)) if self.load.kind == "gauge" else after
        gone = end + self.step_s * math.ceil(latest / self.step_s + STEPS)
        checks.append(self._expect(gone, self._burn_alert("page"), firing=False))
        stretches = [*self._stretches(errors, lasts, start), self._traffic(gone - end + self.step_s)]
        return self._test(f"{errors:.0%} of events are bad for {lasts / 60:g} minutes", stretches, checks)

    def below_threshold(self) -> dict[str, Any]:
        """Half of what it takes alerts nobody."""
        errors = min(1.0, min(pair.floor for pair in self.pairs)) / 2
        lasts = max(pair.long_s for pair in self.pairs if pair.severity == "page")
        lasts = min(lasts, SLOWEST_S)
        return self._silent(f"{errors:.3%} of events are bad", self._stretches(errors, lasts, self._start()))

    def idle(self) -> dict[str, Any]:
        """No traffic is no error: the ratios are 0, not NaN, and nothing alerts."""
        if self.load.kind == "gauge":
            return self._silent("every probe succeeds", [self._traffic(self._quiet_s)], ratio=0.0)
        idle = Stretch(scrapes=self._scrapes(self._quiet_s), events=0)
        return self._silent("the service is idle", [self._traffic(self._start()), idle], ratio=0.0)

    def no_error_yet(self) -> dict[str, Any]:
        """An error counter that no error has created counts as zero."""
        test = self._silent("no error counter yet", [self._traffic(self._start() + self._quiet_s)], ratio=0.0)
        series = self.load.write([self._traffic(self._start() + self._quiet_s)], without="bad")
        return {**test, "input_series": series}

    def vanished(self) -> dict[str, Any]:
        """Metrics that are gone alert, which idle ones do not."""
        waits = self.subject.base.seconds + self.subject.form.scale.window(VANISHED_FOR).seconds
        gone = Stretch(scrapes=self._scrapes(waits + 4 * self.step_s), events=0, gone=True)
        severity = self.subject.form.vanished
        checks = [
            self._expect(self._start() + waits - 3 * self.step_s, self._alert(names.VANISHED, severity), firing=False),
            self._expect(self._start() + waits + 2 * self.step_s, self._alert(names.VANISHED, severity), firing=True),
        ]
        return self._test("the metrics are gone", [self._traffic(self._start()), gone], checks)

    def young_blip(self) -> dict[str, Any]:
        """A series that is two minutes old does not page on a blip."""
        least = min(pair.long_s * pair.threshold for pair in self.pairs)
        errors = min(1.0, least / 2 / self.step_s)
        blip = Stretch(scrapes=1, events=self.events, errors=errors)
        stretches = [self._traffic(120), blip, self._traffic(120)]
        return self._silent("a blip of a young service", stretches, at=120 + 3 * self.step_s)

    def _start(self, lasts_s: float = 0) -> float:
        """When a fault that lasts so long begins."""
        history = HISTORY * lasts_s / self.step_s if self.load.kind == "gauge" else 0
        return self.step_s * max(HEALTHY, math.ceil(history))

    @property
    def _quiet_s(self) -> float:
        """Long enough for the shortest window to hold nothing else."""
        return min(pair.short_s for pair in self.pairs) + 2 * self.subject.base.seconds

    def _partial(self) -> float | None:
        """The smallest part of all events whose failing pages soon enough to be tested; None if only all does."""
        for errors in PARTIAL:
            found = self._detection("page", errors)
            if found is not None and found <= SLOWEST_S:
                return errors
        return None

    def _unguarded_reset(self, errors: float) -> float:
        """When the burn rate alone resets: where Prometheus counts five aligned probes instead of four (before
        version 3), the guard of a few probes lets go later."""
        pages = theory.of_severity(self.pairs, "page")
        return max(pair.short_s * (1 - pair.threshold / errors) + pair.base_s / 2 for pair in pages)

    def _detection(self, severity: Severity, errors: float) -> float | None:
        return theory.detection_s(theory.of_severity(self.pairs, severity), errors)

    def _lasting(self, severity: Severity, errors: float) -> float:
        """How long a fault must last so that it is certain which pairs it fires."""
        pairs = theory.of_severity(self.pairs, severity)
        first = theory.detection_s(pairs, errors)
        assert first is not None
        times = [found for pair in pairs if (found := pair.detection_s(errors)) is not None]
        lasts = self.step_s * math.ceil(first / self.step_s + STEPS + 1)
        while any(abs(lasts - at) <= (STEPS + 0.5) * self.step_s for at in times):
            lasts += self.step_s
        return lasts

    def _fires(self, severity: Severity, errors: float, start: float) -> Iterator[dict[str, Any]]:
        """Not yet two steps before theory says so, and surely two steps after."""
        after = self._detection(severity, errors)
        alert = self._burn_alert(severity)
        if after is None:
            return
        before = start + self.step_s * math.ceil(after / self.step_s - STEPS - 1)
        yield self._expect(max(before, start), alert, firing=False)
        yield self._expect(start + self.step_s * math.ceil(after / self.step_s + STEPS), alert, firing=True)

    def _stretches(self, errors: float, lasts_s: float, start: float) -> list[Stretch]:
        """Good traffic until `start`, then a fault."""
        first = Stretch(scrapes=1, events=FIRST_SCRAPE * self.events)
        fault = Stretch(scrapes=self._scrapes(lasts_s), events=self.events, errors=errors)
        return [first, self._traffic(start - self.step_s), fault]

    def _traffic(self, lasts_s: float) -> Stretch:
        return Stretch(scrapes=self._scrapes(lasts_s), events=self.events)

    def _scrapes(self, lasts_s: float) -> int:
        return math.ceil(lasts_s / self.step_s)

    def _silent(
        self, name: str, stretches: Sequence[Stretch], *, ratio: float | None = None, at: float | None = None
    ) -> dict[str, Any]:
        """Nothing of the SLO alerts at the end (or at an instant), and the shortest ratio is what it should be."""
        end = at or self.step_s * sum(stretch.scrapes for stretch in stretches)
        mine = promql.recorded("ALERTS", {**self.subject.identity, "alertstate": "firing"})
        checks: list[dict[str, Any]] = [{"expr": str(mine), "eval_time": _time(end), "exp_samples": []}]
        if ratio is not None:
            series = str(self.subject.recorded(names.error_ratio(self.subject.windows[0].name)))
            samples = [{"labels": series, "value": ratio}]
            checks.append({"expr": series, "eval_time": _time(end), "exp_samples": samples})
        return self._test(name, stretches, checks)

    def _burn_alert(self, severity: Severity) -> dict[str, str]:
        return self._alert(self.subject.texts.alert, severity)

    def _alert(self, name: str, severity: Severity) -> dict[str, str]:
        texts = self.subject.texts
        return {
            "alertname": name,
            "alertstate": "firing",
            names.PRIORITY: self.subject.priority(severity),
            names.SERVICE: texts.service,
            names.SEVERITY: severity,
            names.SLO: texts.slo,
            names.TEAM: texts.team,
        }

    def _expect(self, at: float, labels: dict[str, str], *, firing: bool) -> dict[str, Any]:
        which = ("alertname", "alertstate", names.SERVICE, names.SEVERITY, names.SLO)
        samples = [{"labels": str(promql.recorded("ALERTS", labels)), "value": 1}] if firing else []
        expr = str(promql.recorded("ALERTS", {name: labels[name] for name in which}))
        return {"expr": expr, "eval_time": _time(at), "exp_samples": samples}

    def _test(self, name: str, stretches: Sequence[Stretch], checks: Sequence[dict[str, Any]]) -> dict[str, Any]:
        series: list[Series] = self.load.write(stretches)
        return {
            "name": f"{self.subject.texts.service}/{self.subject.texts.slo}: {name}",
            "interval": _time(self.step_s),
            "input_series": series,
            "promql_expr_test": list(checks),
        }


def cases(subject: Subject, load: Load, pairs: tuple[PairTheory, ...]) -> Cases:
    """The cases of one SLO, with its expected traffic, or with plenty where nobody stated it."""
    step = subject.interval.seconds
    known = pairs[0].traffic
    if known is None:
        known = max(USUAL_TRAFFIC, *(2 * pair.failures / pair.short_s / pair.threshold for pair in pairs))
    return Cases(subject=subject, load=load, pairs=pairs, step_s=step, events=known * step)


def _time(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms" if seconds % 1 else f"{seconds:.0f}s"
