"""`tocsin incident` against a real bot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bots.configuration.tokens import hash_of
from tests.bots.bodies import alert, body
from tests.bots.bot_process import BotProcess
from tests.bots.http_server import Reply, serving
from tools.cli import main
from tools.drill.ports import LOOPBACK, free_port
from tools.incident_tables import show_incident

ROOT = Path(__file__).parents[1] / "data" / "mini"


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """One bot for all commands; every test has incidents of its own."""
    made = BotProcess(root=ROOT, folder=tmp_path_factory.mktemp("bot"))
    made.prepare()
    made.start()
    yield made
    made.stop()


def run(bot: BotProcess, *arguments: str, member: str = "ana") -> Result:
    """The command as a member types it."""
    return CliRunner(env=bot.client(member)).invoke(main, ["--root", str(ROOT), "incident", *arguments])


def declared(bot: BotProcess, title: str, *options: str) -> str:
    """A new incident's name."""
    done = run(bot, "declare", title, "--service", "checkout", "--json", *options)
    assert done.exit_code == 0, done.stderr
    return str(json.loads(done.stdout)["incident"]["id"])


def test_every_command_says_what_came_of_it(bot: BotProcess) -> None:
    """One line each, with the state that follows."""
    name = declared(bot, "Customers call", "--priority", "P2", "--note", "phones ring")
    steps = [
        (["ack", name], f"{name} is acknowledged, P2: Customers call"),
        (["assign", name.lower(), "ben"], f"{name} assigned to ben; it is acknowledged, P2: Customers call"),
        (["unassign", name], f"{name} assigned to nobody; it is acknowledged, P2: Customers call"),
        (["role", name, "scribe", "chi"], f"{name} has chi as scribe; it is acknowledged, P2: Customers call"),
        (["handoff", name, "chi", "--note", "bed"], f"{name} handed over; it is acknowledged, P2: Customers call"),
        (["note", name.removeprefix("INC-"), "pool?"], f"{name} noted; it is acknowledged, P2: Customers call"),
        (["priority", name, "P1", "--reason", "more"], f"{name} changed; it is acknowledged, P1: Customers call"),
        (["link", name, "https://example.com/x"], f"{name} linked; it is acknowledged, P1: Customers call"),
        (["mitigate", name, "--note", "undone"], f"{name} is mitigated, P1: Customers call"),
        (["resolve", name], f"{name} is resolved, P1: Customers call"),
        (["reopen", name, "--reason", "again"], f"{name} reopened; it is open, P1: Customers call"),
        (["resolve", name, "--verdict", "actionable"], f"{name} is resolved, P1: Customers call"),
        (["close", name], f"{name} is closed, P1: Customers call"),
    ]
    for arguments, line in steps:
        done = run(bot, *arguments)
        assert (done.exit_code, done.stdout) == (0, f"{line}\n"), done.stderr


def test_show_tells_the_whole_story(bot: BotProcess) -> None:
    """Facts, alerts and timeline; with --json as the API has them."""
    bot.deliver(body(alert(501, service="payments-db")))
    bot.settled()
    listed = json.loads(run(bot, "list", "--service", "payments-db", "--json").stdout)["incidents"]
    name = listed[0]["id"]
    run(bot, "ack", name)
    thread = "https://acme.slack.com/archives/C00000000000000000001/p1795579169183333000000"
    run(bot, "link", name, thread, "--title", "the thread")
    shown = run(bot, "show", name).stdout
    for part in (name, "payments-db", "acknowledged", "CheckoutAvailabilityBurn", "firing", "Acknowledged", "ana"):
        assert part in shown
    # An address is whole, however narrow the terminal is, and said once.
    assert thread in "".join(shown.split())
    assert shown.count("The thread") == 1
    document = json.loads(run(bot, "show", name, "--json").stdout)
    assert document["incident"]["id"] == name
    assert [row["kind"] for row in document["timeline"]] == ["alert_fired", "opened", "acknowledged", "linked"]


def test_list_shows_what_goes_on_unless_asked_for_more(bot: BotProcess) -> None:
    """Resolved ones need --all or --status."""
    name = declared(bot, "Short")
    assert name in run(bot, "list").stdout
    run(bot, "resolve", name)
    assert name not in run(bot, "list").stdout
    assert name in run(bot, "list", "--all").stdout
    assert name in run(bot, "list", "--status", "resolved").stdout
    assert run(bot, "list", "--team", "platform").stdout == (
        "no incident fits; `tocsin incident list --all` shows those that are over\n"
    )


def test_list_reads_as_many_pages_as_it_needs(bot: BotProcess) -> None:
    """`--limit` counts incidents, not pages."""
    names = [declared(bot, f"Many {number}", "--priority", "P4") for number in range(4)]
    found = json.loads(run(bot, "list", "--priority", "P4", "--limit", "3", "--json").stdout)["incidents"]
    assert [one["id"] for one in found] == names[:0:-1]


def test_no_label_speaks_to_the_terminal(bot: BotProcess) -> None:
    """Neither an escape sequence nor turned writing nor a second line gets out of a table or a message."""
    hostile = alert(502, service="cart")
    hostile["labels"]["alertname"] = "Evil\x1b]0;owned\x07\u202egnp\nINC-1 is closed"
    hostile["annotations"]["summary"] = "\x9b2J"
    bot.deliver(body(hostile))
    name = declared(bot, "a \x1b[2J b", "--note", "\x1b[31mred")
    bot.settled()
    other = json.loads(run(bot, "list", "--service", "cart", "--json").stdout)["incidents"][0]["id"]
    said = "".join(run(bot, *words).stdout for words in (["list"], ["show", name], ["show", other], ["ack", name]))
    assert not set("\x1b\x07\x9b\u202e") & set(said)
    assert f"{name} is acknowledged, P0: a \ufffd[2J b\n" in said
    assert "\ufffd[31mred" in said


def test_a_duplicate_is_merged(bot: BotProcess) -> None:
    """Both names are incidents."""
    one, two = declared(bot, "One"), declared(bot, "Two")
    done = run(bot, "merge", two, one)
    assert done.stdout == f"{two} merged into {one}; it is closed, P0: Two\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ack", "INC-99999"], "no incident INC-99999; `tocsin incident list --all` shows those there are\n"),
        (["show", "INC-99999"], "no incident INC-99999; `tocsin incident list --all` shows those there are\n"),
        (
            ["declare", "x", "--service", "basket"],
            "no service 'basket'; expected one of checkout, payments-db, platform\n",
        ),
        (
            ["declare", " ", "--service", "checkout"],
            (
                "the request has mistakes; nothing was changed; /docs shows what is expected\n"
                "  title: got ' '; expected some text\n"
            ),
        ),
    ],
)
def test_a_refusal_is_told_as_the_bot_tells_it(bot: BotProcess, arguments: list[str], message: str) -> None:
    """On standard error, with status 1."""
    done = run(bot, *arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", message)


def test_who_may_not_is_told_so(bot: BotProcess) -> None:
    """Responders do not restart deployments."""
    name = declared(bot, "Restart it")
    done = run(bot, "run", name, "restart_deployment")
    message = "ana may not run restart_deployment; policies/access.yaml says who may; the attempt is in the audit\n"
    assert (done.exit_code, done.stderr) == (1, message)


@pytest.mark.parametrize("name", ["INC-0", "seven", "INC--1", "INC-1234567890", "١"])
def test_what_is_no_name_of_an_incident_is_wrong_usage(bot: BotProcess, name: str) -> None:
    """Status 2, before the bot is asked."""
    done = run(bot, "ack", "--", name)
    assert done.exit_code == 2
    assert f"{name!r} is not an incident; expected one such as INC-7" in done.stderr


def test_a_token_that_nobody_knows_is_told_with_its_file(bot: BotProcess, tmp_path: Path) -> None:
    """Whoever has a wrong one learns which variable names it."""
    wrong = tmp_path / "token"
    wrong.write_text("wrong")
    done = CliRunner(env=bot.client("ana") | {"TOCSIN_TOKEN_FILE": str(wrong)}).invoke(main, ["incident", "list"])
    assert (done.exit_code, done.stderr) == (
        1,
        (
            "unknown token; expected yours, as your operator gave it to you\n"
            "  it is the one in the file of TOCSIN_TOKEN_FILE; `tocsin incident token NAME` makes a new one\n"
        ),
    )


def test_missing_settings_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both variables, and how to get a token."""
    monkeypatch.delenv("TOCSIN_URL", raising=False)
    monkeypatch.delenv("TOCSIN_TOKEN_FILE", raising=False)
    done = CliRunner().invoke(main, ["incident", "list"])
    assert (done.exit_code, done.stderr) == (
        1,
        (
            "TOCSIN_URL: not set; expected the bot's address, such as http://127.0.0.1:8000\n"
            "TOCSIN_TOKEN_FILE: not set; expected a file with your token; `tocsin incident token NAME` makes one\n"
        ),
    )


def test_a_bot_that_is_away_is_told_with_what_that_means(bot: BotProcess) -> None:
    """People are paged all the same."""
    url = f"http://{LOOPBACK}:{free_port()}"
    done = CliRunner(env=bot.client("ana") | {"TOCSIN_URL": url}).invoke(main, ["incident", "list"])
    assert (done.exit_code, done.stderr) == (
        1,
        (
            f"the bot at {url}: nothing answers there; people are paged all the same, since paging does not need it; "
            "start it with `tocsin serve`, or set TOCSIN_URL to where it runs\n"
        ),
    )


def test_something_else_at_the_address_is_recognised(bot: BotProcess) -> None:
    """Another server's error page is not passed off as the bot's."""
    with serving(lambda got: Reply(status=404, body=b"<html>nginx</html>")) as server:
        done = CliRunner(env=bot.client("ana") | {"TOCSIN_URL": server.url}).invoke(main, ["incident", "ack", "1"])
    assert (done.exit_code, done.stderr) == (
        1,
        f"{server.url}/api/v1/incidents/INC-1/commands: 404 Not Found; expected a Tocsin bot; check TOCSIN_URL\n",
    )


def test_a_lost_answer_is_asked_for_again_with_the_same_key(bot: BotProcess) -> None:
    """A connection that breaks does not make a command happen twice."""
    answers = [Reply(hang_up=True), Reply(body=b'{"status": "accepted", "detail": "stored"}')]
    with serving(lambda got: answers.pop(0)) as server:
        done = CliRunner(env=bot.client("ana") | {"TOCSIN_URL": server.url}).invoke(main, ["incident", "ack", "1"])
    assert (done.exit_code, done.stdout) == (0, "stored\n")
    keys = {json.loads(got.body)["key"] for got in server.received}
    assert (len(server.received), len(keys)) == (2, 1)


def test_a_token_fits_its_line() -> None:
    """The token goes to standard output alone, the line for the bot to standard error."""
    done = CliRunner().invoke(main, ["incident", "token", "ana"])
    token = done.stdout.strip()
    assert done.stderr.splitlines()[0] == f"{hash_of(token)} ana"


def test_incidents_and_people_are_completed(bot: BotProcess) -> None:
    """Names that the bot and the files know; none, and no error, when the bot is away."""
    name = declared(bot, "Complete me")
    root = ["--root", str(ROOT)]
    complete = CliRunner(env=bot.client("ana"))
    with complete.isolation(env=bot.client("ana")):
        from tools.incident_asking import complete_incident, complete_member

        context = main.make_context("tocsin", [*root, "incident", "list"], resilient_parsing=True)
        parameter: Any = None
        assert name in complete_incident(context, parameter, "inc-")
        assert complete_member(context, parameter, "b") == ["ben"]
    with complete.isolation(env=bot.client("ana") | {"TOCSIN_URL": f"http://{LOOPBACK}:{free_port()}"}):
        assert complete_incident(context, parameter, "") == []


def test_a_token_is_for_somebody() -> None:
    """A name that no team has would let nobody in, and nobody would know why."""
    done = CliRunner().invoke(main, ["--root", str(ROOT), "incident", "token", "zoe"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert (
        "nobody is called 'zoe'; expected a member of a team under policies/teams/: ana, ben, chi, dee, " in done.stderr
    )


def test_who_is_on_call_is_shown(bot: BotProcess) -> None:
    """In the list where nobody works on it yet, and with every incident."""
    name = declared(bot, "Who is there", "--priority", "P3")
    (row,) = [one for one in json.loads(run(bot, "list", "--json").stdout)["incidents"] if one["id"] == name]
    listed = run(bot, "list", "--priority", "P3").stdout
    assert row["on_call"] in ("ana", "ben", "chi")
    assert "(on call:" in " ".join(listed.split())
    shown = run(bot, "show", name).stdout
    assert f"On call  {row['on_call']} (primary, until" in " ".join(shown.split()).replace("On call ", "On call  ")
    run(bot, "role", name, "commander", "ben")
    assert "Commander" in run(bot, "show", name).stdout


def test_a_team_that_nobody_knows_is_told(bot: BotProcess) -> None:
    """Instead of a list that says that all is well."""
    done = run(bot, "list", "--team", "nope")
    assert (done.exit_code, done.stderr) == (1, "no team 'nope'; expected one of payments, platform\n")


def test_the_runbook_of_several_alerts_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The page and the ticket of an objective share one."""
    one = {"alert": "A", "status": "firing", "started_at": "2026-01-05T10:00:00Z", "runbook_url": "https://a.example/A"}
    alerts = [{**one, "severity": severity} for severity in ("page", "ticket")]
    show_incident({"id": "INC-7", "title": "A on b", "alerts": alerts}, ())
    assert capsys.readouterr().out.count("Runbook of A") == 1
