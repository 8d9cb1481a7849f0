"""What members ask of the API: reading, declaring and commands, by real requests to a real bot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.bots.asking import command, declare, problem
from tests.bots.bot_process import BotProcess
from tests.bots.test_service import git, local


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """One bot for all questions; every test has incidents of its own."""
    root = Path(__file__).parents[1] / "data" / "mini"
    made = BotProcess(root=root, folder=tmp_path_factory.mktemp("bot"))
    made.prepare()
    made.start()
    yield made
    made.stop()


def test_reading_needs_a_member(bot: BotProcess) -> None:
    """A token of somebody who is in no team opens nothing."""
    assert requests.get(f"{bot.url}/api/v1/incidents", timeout=10).status_code == 401
    assert problem(bot.get("/api/v1/incidents", member="unknown"))[0] == 401
    assert problem(bot.get("/api/v1/incidents", member="stranger")) == (
        403,
        "stranger is in no team; expected a member of one under policies/teams/; the attempt is in the audit",
    )


def test_an_incident_lives_from_declare_to_close(bot: BotProcess) -> None:
    """Every command answers with the state that follows, and all of it is in the timeline."""
    name = declare(bot, "A whole life", note="phones ring", priority="P1")
    steps = [
        ("ack", {}, "acknowledged"),
        ("assign", {"to": "ben"}, "acknowledged"),
        ("role", {"role": "commander", "to": "chi"}, "acknowledged"),
        ("note", {"text": "looking at the pool"}, "acknowledged"),
        ("priority", {"priority": "P0", "reason": "everybody is hurt"}, "acknowledged"),
        ("link", {"relation": "dashboard", "url": "https://grafana.example.com/d/x", "title": "Pool"}, "acknowledged"),
        ("mitigate", {"note": "rolled back"}, "mitigated"),
        ("resolve", {}, "resolved"),
        ("reopen", {"reason": "it is back"}, "open"),
        ("resolve", {"verdict": "actionable", "note": "fixed"}, "resolved"),
        ("close", {}, "closed"),
    ]
    for number, (verb, args, status) in enumerate(steps):
        answer = command(bot, name, verb, key=f"life-{number}", **args)
        assert answer.status_code == 200, answer.text
        assert answer.json()["incident"]["status"] == status
    shown = bot.get(f"/api/v1/incidents/{name}").json()
    state = shown["incident"]
    assert (state["assignee"], state["verdict"], state["closed_by"]) == ("ben", "actionable", "ana")
    kinds = [row["kind"] for row in shown["timeline"]]
    assert kinds[:2] == ["opened", "noted"]
    assert kinds[2:] == [
        "acknowledged",
        "assigned",
        "role_assigned",
        "noted",
        "priority_changed",
        "linked",
        "mitigated",
        "resolved",
        "reopened",
        "resolved",
        "closed",
    ]


def test_the_same_key_does_the_same_thing_once(bot: BotProcess) -> None:
    """A request whose answer was lost may be sent again; another person's key is another key."""
    name = declare(bot, "Twice")
    assert declare(bot, "Twice") == name
    for _ in range(3):
        assert command(bot, name, "note", key="note-1", text="once").status_code == 200
    command(bot, name, "note", member="ben", key="note-1", text="once more")
    timeline = bot.get(f"/api/v1/incidents/{name}").json()["timeline"]
    assert [(row["by"], row["text"]) for row in timeline if row["kind"] == "noted"] == [
        ("ana", "once"),
        ("ben", "once more"),
    ]


def test_the_key_of_one_command_does_not_swallow_another(bot: BotProcess) -> None:
    """A program that uses one key for a whole incident is not told that something was done which was not."""
    name = declare(bot, "One key for all")
    for verb, status in (("mitigate", "mitigated"), ("resolve", "resolved"), ("resolve", "resolved")):
        answer = command(bot, name, verb, key="same")
        assert (answer.status_code, answer.json()["incident"]["status"]) == (200, status)
    kinds = [row["kind"] for row in bot.get(f"/api/v1/incidents/{name}").json()["timeline"]]
    assert kinds == ["opened", "mitigated", "resolved"]


def test_who_has_a_token_and_left_the_teams_is_refused_and_is_in_the_audit(bot: BotProcess) -> None:
    """A token outlives a membership; whoever uses it is seen."""
    name = declare(bot, "Left")
    answer = command(bot, name, "ack", member="stranger")
    said = "stranger is in no team; expected a member of one under policies/teams/"
    assert problem(answer) == (403, f"{said}; the attempt is in the audit")
    bot.settled()
    names = git(local(bot), "ls-tree", "-r", "--name-only", "records", "audit/").decode().split()
    text = b"".join(git(local(bot), "show", f"records:{path}") for path in names).decode()
    assert "by: stranger" in text
    assert said in text


def test_what_the_state_does_not_allow_is_refused_with_the_way_out(bot: BotProcess) -> None:
    """409, and nothing has changed."""
    name = declare(bot, "Not so fast")
    assert problem(command(bot, name, "close", verdict="noise")) == (
        409,
        f"{name} is open; resolve it before you close it",
    )
    command(bot, name, "resolve")
    assert problem(command(bot, name, "close")) == (
        422,
        f"{name} needs a verdict to be closed; expected actionable, noise, duplicate or drill",
    )


def test_a_duplicate_is_merged(bot: BotProcess) -> None:
    """It is closed, and both name each other."""
    one, two = declare(bot, "The first"), declare(bot, "The second")
    answer = command(bot, two, "merge", into=one).json()["incident"]
    assert (answer["status"], answer["verdict"], answer["duplicate_of"]) == ("closed", "duplicate", one)
    assert bot.get(f"/api/v1/incidents/{one}").json()["incident"]["duplicates"] == [two]


def test_mistakes_in_a_request_are_told_together(bot: BotProcess) -> None:
    """With the field that each is in."""
    answer = bot.post("/api/v1/incidents", {"title": " ", "service": "Check out", "priority": "P9", "extra": 1})
    assert problem(answer) == (422, "the request has mistakes; nothing was changed; /docs shows what is expected")
    assert answer.json()["problems"] == [
        "key: missing",
        "title: got ' '; expected some text",
        "service: got 'Check out'; expected a name such as checkout: small letters, digits and single hyphens",
        "priority: Input should be 'P0', 'P1', 'P2', 'P3' or 'P4'; got 'P9'",
        "extra: got 1; expected nothing of this name; /docs shows the names there are",
    ]
    name = declare(bot, "Mistakes")
    answer = command(bot, name, "note", text="", began_at="yesterday", public="perhaps")
    assert answer.json()["problems"] == [
        "args.text: got ''; expected some text",
        "args.began_at: got 'yesterday'; expected a time with a zone, such as 2026-01-05T10:00:00Z",
        "args.public: got 'perhaps'; expected true or false",
    ]
    answer = command(bot, name, "link", url="javascript:alert(1)", relation="A b")
    assert answer.json()["problems"] == [
        "args.relation: got 'A b'; expected a word in small letters such as ticket",
        "args.url: got 'javascript:alert(1)'; expected an address such as https://example.com/x",
    ]
    answer = bot.post(f"/api/v1/incidents/{name}/commands", {"key": "k"})
    assert answer.json()["problems"] == [
        (
            "command: missing; expected one of ack, assign, unassign, handoff, role, note, priority, mitigate, "
            "resolve, reopen, close, merge, link, postmortem, run, approve, reject"
        )
    ]


def test_names_that_nobody_has_are_refused_with_those_there_are(bot: BotProcess) -> None:
    """Services, teams, people, incidents, commands."""
    asked = {"title": "t", "key": "k", "service": "basket"}
    assert problem(bot.post("/api/v1/incidents", asked)) == (
        422,
        "no service 'basket'; expected one of checkout, payments-db, platform",
    )
    asked |= {"service": "checkout", "team": "nobody"}
    assert problem(bot.post("/api/v1/incidents", asked)) == (
        422,
        "no team 'nobody'; expected one of payments, platform",
    )
    name = declare(bot, "Names")
    assert problem(command(bot, name, "assign", to="zoe")) == (
        422,
        "nobody is called 'zoe'; expected one of ana, ben, chi, dee, eli, fay",
    )
    assert problem(command(bot, "INC-99999", "ack")) == (
        404,
        "no incident INC-99999; `tocsin incident list --all` shows those there are",
    )
    assert problem(bot.get("/api/v1/incidents/INC-99999"))[0] == 404
    assert problem(bot.get("/api/v1/incidents/7")) == (404, "no incident '7'; expected a name such as INC-7")
    answer = command(bot, name, "explode")
    assert answer.status_code == 422
    assert answer.json()["problems"] == [
        (
            "command: got 'explode'; expected one of ack, assign, unassign, handoff, role, note, priority, mitigate, "
            "resolve, reopen, close, merge, link, postmortem, run, approve, reject"
        )
    ]


def test_a_denied_attempt_is_answered_403_and_is_in_the_audit(bot: BotProcess) -> None:
    """Who, what, why; and the incident is untouched."""
    name = declare(bot, "Hands off")
    answer = command(bot, name, "run", action="restart_deployment")
    assert problem(answer) == (
        403,
        "ana may not run restart_deployment; policies/access.yaml says who may; the attempt is in the audit",
    )
    bot.settled()
    names = git(local(bot), "ls-tree", "-r", "--name-only", "records", "audit/").decode().split()
    text = b"".join(git(local(bot), "show", f"records:{path}") for path in names).decode()
    assert "by: ana" in text
    assert "command: run" in text
    assert "no role of ana may run restart_deployment" in text
    assert [row["kind"] for row in bot.get(f"/api/v1/incidents/{name}").json()["timeline"]] == ["opened"]


def test_the_right_given_later_is_not_spoiled_by_the_denial(bot: BotProcess) -> None:
    """The same key works for whoever may."""
    name = declare(bot, "Later")
    assert command(bot, name, "run", key="k", action="restart_deployment").status_code == 403
    answer = command(bot, name, "run", member="eli", key="k", action="restart_deployment")
    assert problem(answer) == (
        409,
        f"{name} has no alert of it that is bound to restart_deployment; bound to its alerts: none",
    )


# lists


def test_lists_are_filtered_and_paged(bot: BotProcess) -> None:
    """Every page but the last one names the next; together they are everything, newest first."""
    made = [declare(bot, f"Page {number}", service="payments-db", priority="P3") for number in range(5)]
    command(bot, made[0], "resolve")
    asked = "/api/v1/incidents?service=payments-db&priority=P3&active=true&limit=2"
    first = bot.get(asked).json()
    second = bot.get(f"{asked}&before={first['next']}").json()
    assert [one["id"] for one in first["incidents"] + second["incidents"]] == made[:0:-1]
    assert second["next"] is None
    over = bot.get("/api/v1/incidents?service=payments-db&priority=P3&status=resolved&status=closed").json()
    assert [one["id"] for one in over["incidents"]] == [made[0]]
    assert bot.get("/api/v1/incidents?service=platform").json() == {"incidents": [], "next": None}
    assert problem(bot.get("/api/v1/incidents?limit=0"))[0] == 422
    assert problem(bot.get("/api/v1/incidents?before=7"))[0] == 422


def test_a_key_that_comes_with_other_arguments_is_told(bot: BotProcess) -> None:
    """The second request is not taken for a repetition of the first, also after a restart of the program that asks."""
    name = declare(bot, "One key for two")
    assert command(bot, name, "note", key="mine", text="first").status_code == 200
    answer = command(bot, name, "note", key="mine", text="second")
    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        "the key 'mine' belongs to another request, with other arguments; nothing was changed; "
        "expected a new key for a new request"
    )
    assert command(bot, name, "note", key="mine", text="first").status_code == 200
    timeline = bot.get(f"/api/v1/incidents/{name}").json()["timeline"]
    assert [row["text"] for row in timeline if row["kind"] == "noted"] == ["first"]


def test_a_team_that_nobody_knows_is_no_empty_list(bot: BotProcess) -> None:
    """Which would look like peace."""
    answer = bot.get("/api/v1/incidents?team=nope")
    assert (answer.status_code, answer.json()["detail"]) == (422, "no team 'nope'; expected one of payments, platform")
    answer = bot.get("/api/v1/incidents?service=nope")
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "no service 'nope'; expected one of checkout, payments-db, platform",
    )
    assert bot.get("/api/v1/incidents?team=platform").status_code == 200


def test_an_incident_comes_with_who_is_on_call(bot: BotProcess) -> None:
    """Every layer of its team now, and in lists whom a page reaches first."""
    name = declare(bot, "Who is there")
    duty = bot.get(f"/api/v1/incidents/{name}").json()["on_call"]
    assert [one["layer"] for one in duty] == ["primary", "office"]
    assert duty[0]["who"] in ("ana", "ben", "chi")
    assert duty[0]["until"] == duty[0]["next_at"]
    (row,) = [one for one in bot.get("/api/v1/incidents").json()["incidents"] if one["id"] == name]
    assert row["on_call"] == duty[0]["who"]
    assert f"<small>on call: {row['on_call']}</small>" in bot.get("/incidents").text


def test_an_incident_is_handed_over(bot: BotProcess) -> None:
    """With a summary; whoever may assign may do it."""
    name = declare(bot, "Over to you")
    assert command(bot, name, "ack").status_code == 200
    answer = command(bot, name, "handoff", to="ben", note="good night")
    assert (answer.status_code, answer.json()["incident"]["assignee"]) == (200, "ben")
    row = bot.get(f"/api/v1/incidents/{name}").json()["timeline"][-1]
    assert (row["kind"], row["from"], row["to"], row["note"]) == ("assigned", "ana", "ben", "good night")
    assert "Over to you" in row["summary"]
    assert command(bot, name, "handoff", to="zoe").status_code == 422
