"""How far back an alert looks: what happened so long ago may still be why it fires."""

import re
from typing import Final

from alerting import names
from alerting.burn import burn_pairs
from alerting.model.catalog import CatalogAlert
from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.service import CatalogOverride, Service
from alerting.rules.catalog import values_of
from alerting.rules.placeholders import expression
from alerting.timescale import REAL, Timescale

_RANGE: Final = re.compile(r"\[([0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdwy]))*)[\]:]")
"""The range of a selector or of a subquery; square brackets in a regular expression hold no duration."""


def longest_window(policy: Policy, service: Service, alert: str, severity: str, scale: Timescale = REAL) -> Duration:
    """The longest window of an alert of that severity, and what it waits before it fires; zero if nobody knows it."""
    for slo in service.slos:
        if names.burn_alert(service.service, slo.name) == alert:
            pairs = burn_pairs(slo, service, policy.windows, scale)
            fitting = [pair for pair in pairs if pair.severity == severity] or pairs
            return max(pair.long.length for pair in fitting)
    for area in policy.catalog.values():
        for one in area.alerts:
            if one.alert == alert:
                override = service.alerts.get(alert)
                waits = override.for_ if override is not None and override.for_ is not None else one.for_
                ranges = [Duration.parse(text) for text in _RANGE.findall(_filled(one, override))]
                return scale.window(Duration(max(ranges, default=Duration(0)).ms + waits.ms))
    return Duration(0)


def _filled(alert: CatalogAlert, override: CatalogOverride | None) -> str:
    """The expression with the service's values, of which some are ranges; as it is written if they do not fit."""
    try:
        return expression(alert.expr, values_of(alert, override or CatalogOverride()))
    except ValueError:
        return alert.expr
