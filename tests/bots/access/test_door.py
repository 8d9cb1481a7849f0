"""The door of the pages, where it stands in the open: https, many tabs, people who leave, months without a restart."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.requests import Request
from starlette.responses import Response

from alerting.model.access import Grant, Grantee
from alerting.model.policy import Policy
from bots.access.ended import Ended
from bots.access.login import Door, Unknown
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

    def __init__(self, account: str, *groups: str) -> None:
        self.knows = Person(account=account, groups=frozenset(groups))

    def address(self, attempt: Attempt) -> str:
        """Carries the state, as providers do."""
        return f"https://sure.example.com/?state={attempt.state}"

    def person(self, code: str, attempt: Attempt) -> Person:
        """Whoever it is."""
        return self.knows


class World:
    """What changes around a door."""

    def __init__(self, account: str = "ana@example.com", *groups: str) -> None:
        self.provider = Sure(account, *groups)
        self.facts = Facts()
        self.policy = MINI
        self.now = TEN

    def door(self) -> Door:
        """The door, as a bot that starts makes it."""
        return Door(
            [self.provider],
            Signer(self.facts, self.now),
            Ended(self.facts),
            policy=lambda: self.policy,
            public_url=lambda: "https://bot.example.com",
            now=lambda: self.now,
        )


def _granted(policy: Policy, group: str) -> Policy:
    grants = (*policy.access.grants, Grant(role="responder", to=Grantee(oidc_group=group)))
    return replace(policy, access=policy.access.model_copy(update={"grants": grants}))


def _request(cookies: Mapping[str, str]) -> Request:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request({"type": "http", "headers": [(b"cookie", text.encode())], "method": "GET", "path": "/"})


def _cookies(answer: Response) -> dict[str, str]:
    return dict(line.split(";")[0].split("=", 1) for line in answer.headers.getlist("set-cookie"))


def _begun(door: Door, following: str = "/incidents") -> tuple[Request, str]:
    answer = door.begin("sure", following)
    return _request(_cookies(answer)), answer.headers["location"].split("state=")[1]


def _let_in(door: Door) -> Request:
    """The next request of somebody who has logged in."""
    request, state = _begun(door)
    cookies = _cookies(door.finish(request, "sure", "code", state))
    return _request({"__Host-tocsin-session": cookies["__Host-tocsin-session"]})


def test_what_ends_a_cookie_is_as_secure_as_what_made_it() -> None:
    """Browsers refuse to change a `__Host-` cookie without `Secure`: nobody could log out."""
    door = World().door()
    ended = door.leave(_let_in(door), Response()).headers["set-cookie"]
    assert ended.startswith('__Host-tocsin-session="";')
    assert "Secure" in ended.split("; ")
    request, state = _begun(door)
    _, dropped = door.finish(request, "sure", "code", state).headers.getlist("set-cookie")
    assert dropped.split("=")[0] == next(iter(request.cookies))
    assert "Secure" in dropped.split("; ")


def test_another_site_logs_nobody_out() -> None:
    """Browsers send such forms without the cookie, and would do what the answer says of it all the same."""
    assert "set-cookie" not in World().door().leave(_request({}), Response()).headers


def test_a_browser_may_log_in_in_several_tabs() -> None:
    """As one does that opens all of its tabs again in the morning; each leads to where it wanted to go."""
    door = World().door()
    first, second = (door.begin("sure", f"/incidents/INC-{number}") for number in (1, 2))
    request = _request(_cookies(first) | _cookies(second))
    for answer, number in ((first, 1), (second, 2)):
        state = answer.headers["location"].split("state=")[1]
        assert door.finish(request, "sure", "code", state).headers["location"] == f"/incidents/INC-{number}"


def test_whoever_is_taken_out_of_the_teams_is_out() -> None:
    """At once, not when the session is over; and is told why at the next login."""
    world = World()
    door = world.door()
    request = _let_in(door)
    guest = door.guest(request)
    assert guest is not None
    assert (guest.name, door.proves(request, guest.proof)) == ("ana", True)
    world.policy = replace(MINI, teams={})
    assert door.guest(request) is None
    with pytest.raises(Unknown) as caught:
        _let_in(door)
    assert caught.value.status == 403
    assert str(caught.value) == (
        "nobody under policies/teams/ has the account ana@example.com, and no group of it has a role; ask the owners "
        "of those files to add you, or log in with another account; the attempt is in the audit"
    )
    world.policy = MINI
    assert door.guest(request) is not None


def test_a_group_lets_in_as_long_as_it_is_granted_and_for_an_hour() -> None:
    """Who left it is known to the single sign-on only, which is asked again then."""
    world = World("guest@example.com", "employees")
    world.policy = _granted(MINI, "employees")
    door = world.door()
    request = _let_in(door)
    guest = door.guest(request)
    assert guest is not None
    assert (guest.name, guest.groups) == ("guest@example.com", frozenset({"employees"}))
    world.policy = MINI
    assert door.guest(request) is None
    world.policy = _granted(MINI, "employees")
    world.now += timedelta(minutes=59)
    assert door.guest(request) is not None
    world.now += timedelta(minutes=1)
    assert door.guest(request) is None


def test_a_member_is_known_for_twelve_hours() -> None:
    """A shift is not interrupted."""
    world = World()
    door = world.door()
    request = _let_in(door)
    world.now += timedelta(hours=12) - timedelta(seconds=1)
    assert door.guest(request) is not None
    world.now += timedelta(seconds=1)
    assert door.guest(request) is None


def test_a_session_that_was_left_is_over_for_every_copy_of_its_cookie() -> None:
    """Also after a restart, and also on a full disk; other sessions of the same person go on."""
    world = World()
    door = world.door()
    left, other = _let_in(door), _let_in(door)
    door.leave(left, Response())
    for one in (door, world.door()):
        assert one.guest(left) is None
        assert not one.proves(left, "")
        assert one.guest(other) is not None
    world.now += timedelta(hours=13)
    door.leave(_let_in(door), Response())
    assert len(json.loads(str(world.facts.fact("ended sessions")))) == 1


def test_a_session_of_an_earlier_release_is_none() -> None:
    """It named no account."""
    world = World()
    text = Signer(world.facts, TEN).sign("session", {"name": "ana", "groups": [], "id": "1"}, TEN + timedelta(hours=1))
    assert world.door().guest(_request({"__Host-tocsin-session": text})) is None


def test_a_state_may_be_any_text() -> None:
    """It comes from outside."""
    door = World().door()
    request, _ = _begun(door)
    for state in ("é", "\ud800", ""):
        with pytest.raises(Rejected, match=r"^this login was not begun here, or too long ago; log in again$"):
            door.finish(request, "sure", "code", state)


def test_an_endless_address_leads_to_the_start() -> None:
    """A cookie could not hold it."""
    door = World().door()
    request, state = _begun(door, "/incidents?x=" + "x" * 5_000)
    assert door.finish(request, "sure", "code", state).headers["location"] == "/incidents"


def test_somebody_who_does_not_fit_into_a_cookie_is_told() -> None:
    """Instead of an error of ours."""
    groups = [f"{number:0500d}" for number in range(10)]
    world = World("ana@example.com", *groups)
    for group in groups:
        world.policy = _granted(world.policy, group)
    door = world.door()
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

    world = World()
    world.facts = Full()
    door = world.door()
    world.now += timedelta(days=31)
    request = _let_in(door)
    door.leave(request, Response())
    assert door.guest(request) is None
