"""SLOs: objectives, windows, indicators that Prometheus can read, and names that nothing else has."""

import re
from collections.abc import Iterator
from typing import Final

from alerting import names, promql
from alerting.checks.given import Given
from alerting.model.quantities import Duration
from alerting.model.service import EventsSli, HistogramSli, ProbeSli, RatioSli, Service, Slo
from alerting.problem import Problem
from alerting.rules.indicator import histogram_selector
from alerting.sources import CATALOG, SERVICE
from alerting.syntax import Path

_METRIC: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SHORTEST: Final = Duration(86_400_000)
_LONGEST: Final = Duration(366 * 86_400_000)


def slos(given: Given) -> Iterator[tuple[Service, Slo, Path]]:
    """Every SLO with its service and its place in the file."""
    for service in given.policy.services.values():
        for at, slo in enumerate(service.slos):
            yield service, slo, ("slos", at)


def objective_leaves_a_budget(given: Given) -> Iterator[Problem]:
    """An objective lies between 0 % and 100 %, both excluded: without an error budget every error is an alert."""
    for service, slo, path in slos(given):
        if not 0 < slo.objective < 1:
            yield given.error(
                SERVICE,
                service.service,
                (*path, "objective"),
                f"got {slo.objective * 100:f}%",
                "expected more than 0% and less than 100%",
                "leave an error budget, such as 99.9%" if slo.objective else "promise something, such as 99%",
            )


def window_is_sane(given: Given) -> Iterator[Problem]:
    """The period of an objective lasts from one day to a year."""
    for service, slo, path in slos(given):
        if isinstance(slo.window, Duration) and not _SHORTEST <= slo.window <= _LONGEST:
            yield given.error(
                SERVICE,
                service.service,
                (*path, "window"),
                f"got {slo.window}",
                f"expected {_SHORTEST} to {_LONGEST}",
                "choose one such as 7d, 28d or 30d",
            )


def indicator_has_one_side(given: Given) -> Iterator[Problem]:
    """An SLI of events names either the bad or the good ones."""
    for service, slo, path in slos(given):
        if isinstance(slo.sli, EventsSli) and (slo.sli.bad is None) == (slo.sli.good is None):
            both = slo.sli.bad is not None
            yield given.error(
                SERVICE,
                service.service,
                (*path, "sli"),
                "both `bad` and `good` are here" if both else "neither `bad` nor `good` is here",
                "expected one of the two beside `total`",
                "remove one" if both else "add `bad: …` with the selector of the counter of bad events",
            )


def selectors_are_read(given: Given) -> Iterator[Problem]:
    """Each selector of an SLI is a PromQL vector selector with a metric name, without range, offset or function."""
    for service, slo, path in slos(given):
        for key, text in _selectors(slo):
            try:
                promql.selector(text)
            except ValueError as error:
                example = 'expected a selector such as http_requests_total{service="checkout"}'
                yield given.complaint(SERVICE, service.service, (*path, "sli", key), _whole(error, example))


def histogram_is_read(given: Given) -> Iterator[Problem]:
    """A histogram is named without `_bucket`, its selector is only matchers, and its bound is above zero."""
    for service, slo, path in slos(given):
        if isinstance(slo.sli, HistogramSli):
            for key, complaint in _histogram(slo.sli):
                yield given.complaint(SERVICE, service.service, (*path, "sli", key), complaint)


def ratio_is_read(given: Given) -> Iterator[Problem]:
    """A ratio is PromQL once its `{{window}}`, which it must have, is filled in."""
    for service, slo, path in slos(given):
        if not isinstance(slo.sli, RatioSli):
            continue
        try:
            if promql.WINDOW not in slo.sli.ratio:
                raise ValueError(
                    f"there is no {promql.WINDOW} in it; expected one where the range goes, "
                    f"such as rate(errors_total[{promql.WINDOW}]); write it instead of the fixed range"
                )
            promql.over_window(slo.sli.ratio, Duration(300_000))
        except ValueError as error:
            example = "expected an expression that Prometheus can read"
            yield given.complaint(SERVICE, service.service, (*path, "sli", "ratio"), _whole(error, example))


def names_are_unique(given: Given) -> Iterator[Problem]:
    """Each SLO of a service has a name of its own."""
    seen: set[tuple[str, str]] = set()
    for service, slo, path in slos(given):
        if (service.service, slo.name) in seen:
            yield given.error(
                SERVICE,
                service.service,
                (*path, "name"),
                f"the service has another SLO {slo.name}",
                "expected each name once",
                "rename one of them",
            )
        seen.add((service.service, slo.name))


def alert_names_are_unique(given: Given) -> Iterator[Problem]:
    """No two SLOs give the same alert name, and no SLO one of the catalogue: the alert's name finds its runbook."""
    taken = {alert.alert: f"{CATALOG.file(area)}" for area, of in given.policy.catalog.items() for alert in of.alerts}
    owners: dict[str, str] = {}
    for service, slo, path in slos(given):
        alert = names.burn_alert(service.service, slo.name)
        own = f"the SLO {slo.name} of {service.service}"
        other = taken.get(alert) or owners.setdefault(alert, own)
        if other != own:
            yield given.error(
                SERVICE,
                service.service,
                (*path, "name"),
                f"its alert {alert} is also that of {other}",
                "expected a name that no other alert has",
                "rename the SLO",
            )


def _whole(error: ValueError, expected: str) -> str:
    """The words of an error, with what was expected if they do not say it."""
    text = str(error)
    return text if "; expected" in text else f"{text}; {expected}; correct it"


def _selectors(slo: Slo) -> Iterator[tuple[str, str]]:
    """The keys of an SLI that are selectors, with their texts."""
    if isinstance(slo.sli, EventsSli):
        yield "total", slo.sli.total
        for key in ("bad", "good"):
            text = getattr(slo.sli, key)
            if text is not None:
                yield key, text
    elif isinstance(slo.sli, ProbeSli):
        yield "probe", slo.sli.probe


def _histogram(sli: HistogramSli) -> Iterator[tuple[str, str]]:
    """What is wrong with a histogram, by key."""
    base = sli.histogram
    for suffix in ("_bucket", "_count", "_sum"):
        base = base.removesuffix(suffix)
    if base != sli.histogram:
        yield "histogram", f"got {sli.histogram!r}; expected the name without its suffix; write {base}"
    if sli.below <= Duration(0):
        yield "below", f"got {sli.below}; expected a duration above 0; write the slowest that is good, such as 500ms"
    if not _METRIC.fullmatch(sli.histogram):
        yield "histogram", f"got {sli.histogram!r}; expected the name of a metric; put matchers into `selector`"
        return
    try:
        found = histogram_selector(sli)
    except ValueError:
        found = None
    if found is None or found.metric != sli.histogram:
        yield (
            "selector",
            f'got {sli.selector!r}; expected matchers in braces, such as {{service="checkout"}}; correct it',
        )
