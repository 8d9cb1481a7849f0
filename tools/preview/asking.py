"""Questions to a Prometheus: values now, and their course. https://prometheus.io/docs/prometheus/latest/querying/api/"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import requests
import yaml

from alerting.model.quantities import Duration

_TIMEOUT_S: Final = (3.0, 60.0)
_SCRAPE_S: Final = 15.0


class NoAnswer(Exception):
    """The server cannot be reached or is no Prometheus; the text says which address and what was expected."""


class NotThere(NoAnswer):
    """The server does not have this page."""


class Refused(Exception):
    """The server understood and would not answer this one question; the text is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series of an answer."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]
    """Unix time and value, oldest first."""

    @property
    def last(self) -> float:
        """The newest value that is a number, as Grafana shows it; not a number if there is none."""
        return next((value for _, value in reversed(self.points) if not math.isnan(value)), math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time that is shown."""

    start: datetime
    end: datetime
    step: timedelta


class Prometheus:
    """A client of one server."""

    def __init__(self, url: str) -> None:
        """`url` is where its pages are, such as http://127.0.0.1:9090."""
        self.url = url.rstrip("/")
        self._session = requests.Session()

    def scrape_interval(self) -> float:
        """Seconds between two scrapes, which the windows of rates depend on; raises NoAnswer.

        Thanos and others that only answer queries do not say: Grafana's own default then.
        """
        try:
            config = yaml.load(self._get("/api/v1/status/config", {})["yaml"], yaml.CSafeLoader)
        except NotThere:
            return _SCRAPE_S
        text = (config.get("global") or {}).get("scrape_interval")
        return Duration.parse(text).seconds if text else _SCRAPE_S

    def now(self, expr: str, span: Span) -> tuple[Series, ...]:
        """The newest values; raises NoAnswer or Refused."""
        found = self._get("/api/v1/query", {"query": expr, "time": span.end.timestamp()})
        if found["resultType"] != "vector":
            return (_series({}, [found["result"]]),)
        return tuple(_series(one["metric"], [one["value"]]) for one in found["result"])

    def course(self, expr: str, span: Span) -> tuple[Series, ...]:
        """The values over time; raises NoAnswer or Refused."""
        asked = {
            "query": expr,
            "start": span.start.timestamp(),
            "end": span.end.timestamp(),
            "step": span.step.total_seconds(),
        }
        found = self._get("/api/v1/query_range", asked)
        return tuple(_series(one["metric"], one["values"]) for one in found["result"])

    def _get(self, path: str, asked: Mapping[str, Any]) -> Any:
        try:
            answer = self._session.get(self.url + path, params=asked, timeout=_TIMEOUT_S)
            if answer.status_code == requests.codes.not_found:
                raise NotThere(_strange(self.url + path))
            body = orjson.loads(answer.content)
            status, data = body["status"], body.get("data")
        except requests.RequestException as error:
            reason = str(error.args[0] if error.args else error).split("Caused by")[-1].strip("() ")
            raise NoAnswer(
                f"{self.url}: {reason}; expected the address of a Prometheus such as http://127.0.0.1:9090"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise NoAnswer(_strange(self.url + path)) from error
        if status != "success":
            raise Refused(str(body.get("error", "no reason given")))
        return data


def _strange(address: str) -> str:
    expected = "expected the address of a Prometheus such as http://127.0.0.1:9090"
    return f"{address}: the answer is not Prometheus's; {expected}"


def _series(labels: Mapping[str, str], values: list[Any]) -> Series:
    return Series(labels=labels, points=tuple((float(at), float(value)) for at, value in values))
