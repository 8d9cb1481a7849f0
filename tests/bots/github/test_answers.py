"""What GitHub's answers mean."""

from datetime import UTC, datetime

import pytest

from bots.errors import Unreachable
from bots.github.answers import check, spent_until
from bots.github.errors import Gone, Refused, Unauthorized

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
MOVED = "the repository was renamed or moved: correct its name in the settings"
RESET = str(int(NOW.timestamp()) + 90)


@pytest.mark.parametrize(
    ("status", "headers", "text", "after_s", "unknown"),
    [
        (503, {}, "", None, True),
        (502, {"Retry-After": "7"}, "", 7, True),
        (408, {}, "", None, False),
        (429, {}, "", 60, False),
        (429, {"Retry-After": "9"}, "", 9, False),
        (403, {"Retry-After": "12"}, "", 12, False),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": RESET}, "", 90, False),
        (403, {}, "You have exceeded a secondary rate limit", 60, False),
        (403, {"Retry-After": "999999"}, "", 3600, False),
    ],
)
def test_trying_again_can_help(
    status: int, headers: dict[str, str], text: str, after_s: float | None, unknown: bool
) -> None:
    """When GitHub says; a minute after a limit that names no time, an hour at most."""
    with pytest.raises(Unreachable) as caught:
        check(status, headers, text, "POST /x", NOW)
    assert (caught.value.after_s, caught.value.unknown) == (after_s, unknown)


def test_a_wrong_token_is_waited_for() -> None:
    """It is changed without a restart, and nothing may be lost meanwhile."""
    with pytest.raises(Unauthorized) as caught:
        check(401, {}, "Bad credentials", "GET /user", NOW)
    assert str(caught.value) == "GET /user: 401: Bad credentials; the token or the App's key is not valid"


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (403, Refused, "GET /x: 403: Resource not accessible by integration"),
        (404, Gone, "GET /x: 404: Resource not accessible by integration"),
        (410, Gone, "GET /x: 410: Resource not accessible by integration"),
        (422, Refused, "GET /x: 422: Resource not accessible by integration"),
        (
            301,
            Refused,
            f"GET /x: 301: Resource not accessible by integration; {MOVED}",
        ),
    ],
)
def test_trying_again_cannot_help(status: int, kind: type[Refused], message: str) -> None:
    """The operator is told what GitHub said."""
    with pytest.raises(Refused) as caught:
        check(status, {}, "Resource not accessible by integration", "GET /x", NOW)
    assert (type(caught.value), str(caught.value), caught.value.status) == (kind, message, status)


def test_what_is_fine_is_fine() -> None:
    """Nothing is raised."""
    check(200, {}, "", "GET /x", NOW)
    check(201, {}, "", "POST /x", NOW)


def test_the_hours_last_requests_are_kept_back() -> None:
    """Until the limit begins anew; headers that say nothing keep nothing back."""
    assert spent_until({"x-ratelimit-remaining": "200", "x-ratelimit-reset": RESET}, NOW, 200) == 90
    assert spent_until({"x-ratelimit-remaining": "201", "x-ratelimit-reset": RESET}, NOW, 200) == 0
    assert spent_until({"x-ratelimit-remaining": "x", "x-ratelimit-reset": RESET}, NOW, 200) == 0
    assert spent_until({}, NOW, 200) == 0
