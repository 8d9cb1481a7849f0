"""The catalogue of threshold alerts, and the numbers that services set for them."""

from collections.abc import Iterator
from typing import Final

from alerting.checks.given import Given
from alerting.model.catalog import CatalogAlert
from alerting.model.policy import PLATFORM
from alerting.names import VANISHED, WATCHDOG
from alerting.problem import Problem
from alerting.rules.catalog import check_alert, names_services
from alerting.sources import CATALOG, SERVICE, Kind
from alerting.spelling import did_you_mean
from alerting.syntax import Path

_OWN: Final = frozenset({WATCHDOG, VANISHED})


def alerts(given: Given) -> Iterator[tuple[str, int, CatalogAlert]]:
    """Every alert of the catalogue with its file's name and its position there."""
    for area, catalog in given.policy.catalog.items():
        for at, alert in enumerate(catalog.alerts):
            yield area, at, alert


def expressions_and_texts_are_read(given: Given) -> Iterator[Problem]:
    """Each expression is PromQL once its values are filled in, and each place in a text means something."""
    for area, at, alert in alerts(given):
        for complaint in check_alert(alert):
            yield given.complaint_below(CATALOG, area, ("alerts", at), complaint)


def alerts_are_unique(given: Given) -> Iterator[Problem]:
    """Each alert is in the catalogue once, and none is called as one that is always there."""
    first: dict[str, str] = {}
    for area, at, alert in alerts(given):
        other = first.setdefault(alert.alert, area)
        path: Path = ("alerts", at, "alert")
        earlier = any(one.alert == alert.alert for one in given.policy.catalog[area].alerts[:at])
        if other != area or earlier:
            where = CATALOG.file(other)
            yield given.error(
                CATALOG,
                area,
                path,
                f"{alert.alert} is already in {where}" if other != area else f"{alert.alert} is here twice",
                "expected each alert once",
                "rename or remove one of them",
            )
        elif alert.alert in _OWN:
            yield given.error(
                CATALOG,
                area,
                path,
                f"{alert.alert} is an alert that is always there",
                "expected another name",
                "rename it",
            )


def severities_are_known(given: Given) -> Iterator[Problem]:
    """A severity is page, ticket or info, or a foreign word of severity.yaml; any other counts as a ticket."""
    for area, at, alert in alerts(given):
        yield from _severity(given, CATALOG, area, ("alerts", at, "severity"), alert.severity)
    for name, service in given.policy.services.items():
        for key, override in service.alerts.items():
            if override.severity is not None:
                yield from _severity(given, SERVICE, name, ("alerts", key, "severity"), override.severity)


def _severity(given: Given, kind: Kind, name: str, path: Path, word: str) -> Iterator[Problem]:
    """A word that severity.yaml does not know."""
    known = ["page", "ticket", "info", *given.policy.severity.foreign]
    if word not in known:
        yield given.warning(
            kind,
            name,
            path,
            f"the severity {word} is unknown and counts as ticket",
            f"expected one of {', '.join(known)}",
            did_you_mean(word, known, "map it in policies/severity.yaml under `foreign`"),
        )


def overrides_fit(given: Given) -> Iterator[Problem]:
    """A service sets numbers only for alerts that the catalogue has, and only values that the alert has."""
    known = {alert.alert: alert for _, _, alert in alerts(given)}
    sound = {name for name, alert in known.items() if not check_alert(alert)}
    for name, service in given.policy.services.items():
        for key, override in service.alerts.items():
            if key not in known:
                if given.whole(CATALOG):
                    yield given.unknown(SERVICE, name, ("alerts", key), "alert of the catalogue", key, frozenset(known))
                continue
            for complaint in check_alert(known[key], override) if key in sound else ():
                yield given.complaint_below(SERVICE, name, ("alerts", key), complaint)


def overrides_have_an_effect(given: Given) -> Iterator[Problem]:
    """A service sets numbers only for alerts whose series can name it; those that cannot are all of `platform`."""
    nameless = {alert.alert for _, _, alert in alerts(given) if not check_alert(alert) and not names_services(alert)}
    for name, service in given.policy.services.items():
        for key in service.alerts if name != PLATFORM else ():
            if key in nameless:
                yield given.error(
                    SERVICE,
                    name,
                    ("alerts", key),
                    f"no series of {key} names a service, so this has no effect",
                    f"expected numbers for {key} in {SERVICE.file(PLATFORM)} only",
                    f"move it there, or keep `service` in the alert's expression, as in `sum by ({SERVICE.name}, …)`",
                )
