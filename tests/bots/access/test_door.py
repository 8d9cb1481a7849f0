"""The door of the pages, where it stands in the open: https, long addresses, months without a restart."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from starlette.requests import Request

from alerting.model.policy import Policy
from bots.access.login import Door
from bots.access.providers import Attempt, Person
from bots.access.signed import Signer
from bots.errors import Rejected, StorageFull
from tests.bots.access.test_github_teams import Facts
from tests.bots.office import TEN
from tests.bots.test_clock import MINI


class Sure:
    """A provider that knows everybody."""

    name = "sure"
    title = "sure"

    def __init__(self, person: str) -> None:
        self.knows = Person(name=person)

    def address(self, attempt: Attempt) -> str:
        """Carries the state, as providers do."""
        return f"https://sure.example.com/?state={attempt.state}"

    def person(self, code: str, attempt: Attempt, policy: Policy) -> Person:
        """Whoever it is."""
        return self.knows


def _door(person: str = "ana") -> Door:
    signer = Signer(Facts(), TEN)
    return Door([Sure(person)], signer, policy=lambda: MINI, public_url=lambda: "https://bot.example.com", now=_now)


def _now() -> datetime:
    return TEN


def _request(cookies: Mapping[str, str]) -> Request:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request({"type": "http", "headers": [(b"cookie", text.encode())], "method": "GET", "path": "/"})


def _begun(door: Door, following: str = "/incidents") -> tuple[Request, str]:
    answer = door.begin("sure", following)
    name, value = answer.headers["set-cookie"].split(";")[0].split("=", 1)
    return _request({name: value}), answer.headers["location"].split("state=")[1]


def test_what_ends_a_cookie_is_as_secure_as_what_made_it() -> None:
    """Browsers refuse to change a `__Host-` cookie without `Secure`: nobody could log out."""
    door = _door()
    ended = door.leave().headers["set-cookie"]
    assert ended.startswith('__Host-tocsin-session="";')
    assert "Secure" in ended.split("; ")
    request, state = _begun(door)
    _, dropped = door.finish(request, "sure", "code", state).headers.getlist("set-cookie")
    assert dropped.startswith('__Host-tocsin-login="";')
    assert "Secure" in dropped.split("; ")


def test_a_state_may_be_any_text() -> None:
    """It comes from outside."""
    door = _door()
    request, _ = _begun(door)
    with pytest.raises(Rejected, match=r"^this login was not begun here, or too long ago; log in again$"):
        door.finish(request, "sure", "code", "é")


def test_an_endless_address_leads_to_the_start() -> None:
    """A cookie could not hold it."""
    door = _door()
    request, state = _begun(door, "/incidents?x=" + "x" * 5_000)
    assert door.finish(request, "sure", "code", state).headers["location"] == "/incidents"


def test_somebody_who_does_not_fit_into_a_cookie_is_told() -> None:
    """Instead of an error of ours."""
    door = _door("x" * 5_000)
    request, state = _begun(door)
    with pytest.raises(
        Rejected, match=r"^your name and groups do not fit into a cookie; ask for fewer granted groups$"
    ):
        door.finish(request, "sure", "code", state)


def test_keys_change_without_a_restart() -> None:
    """Every month; what was signed with the one before stays good, what is older does not."""
    signer = Signer(Facts(), TEN)
    until = TEN + timedelta(days=400)
    first = signer.sign("session", {"name": "ana"}, until)
    signer.renew(TEN + timedelta(days=29))
    assert signer.sign("session", {"name": "ana"}, until) == first
    signer.renew(TEN + timedelta(days=31))
    assert signer.sign("session", {"name": "ana"}, until) != first
    assert signer.read("session", first, TEN) == {"name": "ana"}
    signer.renew(TEN + timedelta(days=62))
    assert signer.read("session", first, TEN) is None


def test_a_month_of_sessions_begins_while_the_disk_is_full() -> None:
    """With the key that there is."""

    class Full(Facts):
        def remember(self, name: str, value: str) -> None:
            if self.kept:
                raise StorageFull("full")
            super().remember(name, value)

    later = TEN + timedelta(days=31)
    door = Door(
        [Sure("ana")],
        Signer(Full(), TEN),
        policy=lambda: MINI,
        public_url=lambda: "https://a.example",
        now=lambda: later,
    )
    request, state = _begun(door)
    assert door.finish(request, "sure", "code", state).status_code == 303
