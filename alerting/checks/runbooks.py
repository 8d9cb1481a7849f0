"""Runbooks: one for every alert, and none that no alert leads to."""

from collections.abc import Iterator

from alerting import names, promql, runbook_page
from alerting.checks.catalog import alerts
from alerting.checks.given import Given
from alerting.checks.slos import slos
from alerting.problem import Problem
from alerting.sources import CATALOG, RUNBOOK, SERVICE, Kind
from alerting.spelling import did_you_mean
from alerting.syntax import Path


def every_alert_has_one(given: Given) -> Iterator[Problem]:
    """Each alert's runbook exists: those of SLOs (which may share one), of the catalogue, and those always there."""
    known = given.known(RUNBOOK)
    for (kind, name, path), runbook, alert in needed(given):
        if runbook not in known:
            start = f"`tocsin runbook new {runbook}` starts one"
            yield given.error(
                kind,
                name,
                path,
                f"the alert {alert} has no runbook",
                f"expected {RUNBOOK.file(runbook)}",
                start if path[-1:] != ("runbook",) else did_you_mean(runbook, sorted(known), start),
            )


def each_belongs_to_an_alert(given: Given) -> Iterator[Problem]:
    """A runbook that no alert leads to is perhaps of an alert that was renamed; a warning."""
    if not given.whole(SERVICE, CATALOG):
        return
    wanted = {runbook for _, runbook, _ in needed(given)}
    for name in given.policy.runbooks:
        if name not in wanted:
            yield given.warning(
                RUNBOOK,
                name,
                (),
                "no alert leads here",
                "expected an SLO or an alert of the catalogue with this runbook",
                "rename it after its alert, or delete it",
            )


def sections_are_there(given: Given) -> Iterator[Problem]:
    """A runbook has what a person needs at night: meaning, impact, diagnosis, mitigation, escalation; a warning."""
    for name in given.policy.runbooks:
        missing = runbook_page.read(given.sources.texts[RUNBOOK.file(name)]).missing
        if missing:
            yield given.warning(
                RUNBOOK,
                name,
                (),
                f"it has no section {' and no section '.join(missing)}",
                f"expected the headings {', '.join(f'## {section}' for section in runbook_page.SECTIONS)}",
                f"write {' and '.join(f'## {section}' for section in missing)}",
            )


def queries_are_read(given: Given) -> Iterator[Problem]:
    """Each query in a runbook's ```promql blocks is PromQL: at night nobody has time to mend it; a warning."""
    for name in given.policy.runbooks:
        for query in runbook_page.read(given.sources.texts[RUNBOOK.file(name)]).queries:
            try:
                promql.parse(query)
            except ValueError as error:
                yield given.warning(
                    RUNBOOK,
                    name,
                    (),
                    str(error),
                    "expected queries that can be pasted into Prometheus, with an empty line between two of them",
                    "correct the query in its ```promql block",
                )


def needed(given: Given) -> Iterator[tuple[tuple[Kind, str, Path], str, str]]:
    """Where an alert is defined, its runbook, and its name."""
    for area, at, alert in alerts(given):
        yield (CATALOG, area, ("alerts", at)), alert.alert, alert.alert
    for service, slo, path in slos(given):
        burn = names.burn_alert(service.service, slo.name)
        place = (*path, "runbook") if slo.runbook else path
        yield (SERVICE, service.service, place), slo.runbook or burn, burn
    if given.policy.catalog or given.policy.services:
        yield (RUNBOOK, names.WATCHDOG, ()), names.WATCHDOG, names.WATCHDOG
    if any(service.slos for service in given.policy.services.values()):
        yield (RUNBOOK, names.VANISHED, ()), names.VANISHED, names.VANISHED
