"""Whether the alerts of an SLO can fire at all: traffic, objective and windows together decide that."""

from collections.abc import Iterator

from alerting import burn
from alerting.checks.given import Given
from alerting.checks.slos import slos
from alerting.model.quantities import Duration
from alerting.model.service import ProbeSli, Service, Slo
from alerting.problem import Problem
from alerting.sources import SERVICE
from alerting.syntax import Path
from alerting.theory import PairTheory


def pairs_can_fire(given: Given) -> Iterator[Problem]:
    """Each pair of windows fires in a complete outage; one that cannot is a warning, an SLO of only such is an error.

    Too little traffic leaves fewer events in the short window than the guard against chance asks for; too low an
    objective puts the threshold (burn rate × error budget) above 100 % errors.
    """
    known: dict[tuple[object, ...], list[PairTheory]] = {}  # most SLOs of a company have numbers in common
    for service, slo, path in slos(given):
        if not 0 < slo.objective < 1:
            continue
        numbers = (slo.objective, slo.window, slo.traffic, slo.false_pages_per_year, type(slo.sli))
        key = (*numbers, service.scrape_interval)
        if key not in known:
            pairs = burn.pair_theories(slo, service, given.policy.windows)
            known[key] = [pair for pair in pairs if not pair.can_fire]
        if dead := known[key]:
            yield _dead(given, service, slo, path, dead, all_dead=len(dead) == len(given.policy.windows.pairs))


def traffic_is_stated(given: Given) -> Iterator[Problem]:
    """An SLO that counts events says how many it expects: without, the guard against chance is a guess."""
    for service, slo, path in slos(given):
        if slo.traffic is None and not isinstance(slo.sli, ProbeSli):
            yield given.warning(
                SERVICE,
                service.service,
                path,
                "`traffic` is missing",
                "expected the mean of events, such as 20/s, for the guard against alerts by chance",
                "add it; a Prometheus query for the rate over the last weeks tells",
            )


def _dead(given: Given, service: Service, slo: Slo, path: Path, dead: list[PairTheory], *, all_dead: bool) -> Problem:
    """Pairs that never fire, why, and what helps."""
    names = " and ".join(
        f"the {pair.severity} over {Duration.of_seconds(pair.long_s)} and {Duration.of_seconds(pair.short_s)}"
        for pair in dead
    )
    starved = [pair for pair in dead if pair.threshold < 1]
    report = given.error if all_dead else given.warning
    if starved:
        key, reason, expected, fix = "traffic", *_starved(starved)
    else:
        key = "objective"
        reason = f"{max(pair.threshold for pair in dead) * 100:.4g} % of events would have to be bad"
        expected = "expected an objective whose budget times the burn rate stays below 100 %"
        fix = "raise the objective, or alert by a catalogue alert instead"
    present = key if key == "objective" or slo.traffic is not None else "sli"
    return report(SERVICE, service.service, (*path, present), f"{names} can never fire: {reason}", expected, fix)


def _starved(pairs: list[PairTheory]) -> tuple[str, str, str]:
    """Why there are never enough events, and what would be enough."""
    pair = max(pairs, key=lambda one: one.guard)
    have = (pair.traffic or 0) * pair.short_s
    reason = (
        f"{have:.3g} events are expected in {Duration.of_seconds(pair.short_s)}, "
        f"and {pair.failures} must be bad for an alert that is not chance"
    )
    needed = _per_hour(pair.failures / pair.short_s)
    return (
        reason,
        f"expected at least {needed} at this objective",
        "measure with a probe (`sli: {probe: …}`), choose a longer window, or allow more `false_pages_per_year`",
    )


def _per_hour(rate: float) -> str:
    """A rate in the unit in which it is readable."""
    return f"{rate:.3g}/s" if rate >= 1 else f"{rate * 60:.3g}/m" if rate * 60 >= 1 else f"{rate * 3600:.3g}/h"
