"""Silences: whose they are, whom they can mean, and whether they still hold."""

from collections.abc import Iterator

from alerting import names
from alerting.checks.given import Given
from alerting.model.matcher import Matcher, parse_all
from alerting.model.policy import PLATFORM
from alerting.problem import Problem
from alerting.sources import SERVICE, SILENCE, TEAM, Kind
from alerting.spelling import did_you_mean


def owner_exists(given: Given) -> Iterator[Problem]:
    """The owner of a silence is a team."""
    for name, silence in given.policy.silences.items():
        if silence.owner not in given.known(TEAM):
            yield given.unknown(SILENCE, name, ("owner",), "team", silence.owner, TEAM)


def matchers_can_match(given: Given) -> Iterator[Problem]:
    """A matcher on `service` or `team` accepts one that exists; else the silence mutes nothing; a warning."""
    for name, silence in given.policy.silences.items():
        for at, matcher in enumerate(parse_all(silence.matchers)):
            for label, kind in ((names.SERVICE, SERVICE), (names.TEAM, TEAM)):
                if matcher.label == label and not any(matcher.accepts(one) for one in given.known(kind)):
                    yield _matches_none(given, name, at, matcher, kind)


def watchdog_is_heard(given: Given) -> Iterator[Problem]:
    """No silence holds for the Watchdog: the dead man's switch would raise an alarm about monitoring that is well."""
    owner = given.policy.services[PLATFORM].owner if PLATFORM in given.policy.services else ""
    labels = {names.ALERTNAME: names.WATCHDOG, names.SEVERITY: "info", names.SERVICE: PLATFORM, names.TEAM: owner}
    for name, silence in given.policy.silences.items():
        if all(matcher.matches(labels) for matcher in parse_all(silence.matchers)):
            yield given.error(
                SILENCE,
                name,
                ("matchers",),
                f"it silences {names.WATCHDOG}",
                "expected matchers that leave it out, since its silence means that alerting is broken",
                f'add `{names.ALERTNAME}!="{names.WATCHDOG}"`',
            )


def still_holds(given: Given) -> Iterator[Problem]:
    """A silence that has ended is only in the way; a warning, since time alone must not break the main branch."""
    for name, silence in given.policy.silences.items():
        if silence.to <= given.at:
            yield given.warning(
                SILENCE,
                name,
                ("to",),
                f"it ended on {silence.to:%Y-%m-%d at %H:%M} UTC",
                "expected silences that hold or will",
                "delete the file; git keeps its history",
            )


def _matches_none(given: Given, name: str, at: int, matcher: Matcher, kind: Kind) -> Problem:
    known = sorted(given.known(kind))
    return given.warning(
        SILENCE,
        name,
        ("matchers", at),
        f"{matcher} matches no {kind.name}",
        f"expected one of {kind.place}/",
        did_you_mean(matcher.value, known, f"correct the {kind.name}"),
    )
