"""`tocsin oncall apply` on PagerDuty's API as it is documented, with a real git history."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerting.oncall import on_call
from alerting.policy import load
from tests.tools.pagerduty_stand import TOKEN, Account
from tools.cli import main
from tools.pagerduty import PagerDuty

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
PEOPLE = ("ana", "ben", "chi", "dee")


@pytest.fixture
def account() -> Iterator[Account]:
    """An account after `pulumi up` of the miniature company; three entries a page."""
    with Account(page=3) as stand:
        layers = ("payments: primary", "payments: office", "platform: primary")
        stand.schedules = {f"S{number}": name for number, name in enumerate(layers)} | {"S9": "somebody else's"}
        stand.users = {f"U{name.upper()}": f"{name.capitalize()}@example.com" for name in (*PEOPLE, "kim", "zoe")}
        yield stand


@pytest.fixture
def root(mini: Path) -> Path:
    """A repository with a history, whose team payments has no overrides."""
    write(mini, "")
    git(mini, "init", "--quiet", "--initial-branch=main")
    commit(mini)
    return mini


def git(root: Path, *words: str) -> None:
    """Runs git as somebody."""
    someone = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *someone, *words], check=True, capture_output=True)


def commit(root: Path) -> None:
    """Commits everything."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=overrides")


def line(who: str, start: datetime, end: datetime, layer: str = "primary") -> str:
    """An override of a team's file."""
    return f"    - {{layer: {layer}, who: {who}, from: {start.isoformat()}, to: {end.isoformat()}}}\n"


def write(root: Path, overrides: str) -> None:
    """Writes the file of team payments with these overrides."""
    people = "".join(f"  - {{name: {name}, email: {name}@example.com, timezone: Europe/Lisbon}}\n" for name in PEOPLE)
    (root / "policies" / "teams" / "payments.yaml").write_text(
        f'team: payments\nslack: "#payments"\nmembers:\n{people}on_call:\n  timezone: Europe/Lisbon\n  layers:\n'
        '    - {name: primary, every: 1w, handoff: "monday 09:00", start: 2026-01-05, order: [ana, ben, chi]}\n'
        '    - {name: office, every: 1d, handoff: "09:00", start: 2026-01-05, order: [dee], hours: "09:00-17:00"}\n'
        + (f"  overrides:\n{overrides}" if overrides else "")
    )


def apply(root: Path, account: Account, *words: str, token: str = TOKEN) -> Result:
    """Runs the command."""
    file = root.parent / "token"
    file.write_text(f"{token}\n")
    environment = {"TOCSIN_PAGERDUTY_URL": account.url, "TOCSIN_PAGERDUTY_TOKEN_FILE": str(file)}
    return CliRunner(env=environment).invoke(
        main, ["--root", str(root), "oncall", "apply", *words], catch_exceptions=False
    )


def span(start: datetime, end: datetime) -> str:
    """Two times as the plan shows them."""
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"


def writes(account: Account) -> list[str]:
    """The requests that changed something, and forgets all."""
    found = [one for one in account.requests if not one.startswith("GET")]
    account.requests.clear()
    return found


START = (NOW + 3 * DAY).replace(hour=9, minute=0, second=0)


def test_an_override_of_a_file_is_made_once(root: Path, account: Account) -> None:
    """The first run makes it, the second changes nothing; the plan is shown both times."""
    write(root, line("ben", START, START + DAY))
    commit(root)
    first = apply(root, account)
    assert first.output == f"create payments: primary: ben@example.com, {span(START, START + DAY)}\n1 created\n"
    assert writes(account) == ["POST /schedules/S0/overrides"]
    assert account.says("S0", START) == "UBEN"
    second = apply(root, account)
    assert second.output == f"keep   payments: primary: Ben, {span(START, START + DAY)}\nnothing to do\n"
    assert writes(account) == []


def test_a_dry_run_changes_nothing(root: Path, account: Account) -> None:
    """It says the same plan and writes nothing."""
    write(root, line("ben", START, START + DAY))
    shown = apply(root, account, "--dry-run")
    assert shown.output.endswith("dry run, nothing was changed; it would be: 1 created\n")
    assert writes(account) == []


def test_what_left_the_files_is_removed_and_others_stay(root: Path, account: Account) -> None:
    """An override that a committed version asked for goes; one that people made in PagerDuty stays."""
    write(root, line("ben", START, START + DAY))
    commit(root)
    apply(root, account)
    account.add("S0", "UZOE", START + 5 * DAY, START + 6 * DAY)
    account.add("S9", "UZOE", START, START + DAY)
    write(root, "")
    commit(root)
    shown = apply(root, account)
    assert shown.output == (
        f"remove payments: primary: Ben, {span(START, START + DAY)}: no file asks for it any more\n"
        f"leave  payments: primary: Zoe, {span(START + 5 * DAY, START + 6 * DAY)}: made by others\n1 removed\n"
    )
    assert [one["user"] for one in account.overrides] == ["UZOE", "UZOE"]
    assert apply(root, account).output.endswith("nothing to do\n")


def test_a_changed_override_is_made_anew_before_the_old_one_goes(root: Path, account: Account) -> None:
    """Nobody's place is empty in between."""
    write(root, line("ben", START, START + DAY))
    commit(root)
    apply(root, account)
    writes(account)
    write(root, line("dee", START, START + DAY))
    commit(root)
    apply(root, account)
    assert writes(account) == ["POST /schedules/S0/overrides", "DELETE /schedules/S0/overrides/Q1"]
    assert account.says("S0", START) == "UDEE"


def test_one_that_has_begun_is_made_from_now_on_and_kept(root: Path, account: Account) -> None:
    """PagerDuty makes none in the past; a second run recognises what is left of it, and its removal ends it."""
    write(root, line("ben", NOW - DAY, NOW + DAY))
    commit(root)
    assert apply(root, account).output.endswith("1 created\n")
    assert NOW <= account.overrides[0]["start"] <= datetime.now(UTC) + timedelta(minutes=2)
    assert apply(root, account).output.endswith("nothing to do\n")
    account.overrides[0]["start"] = NOW - timedelta(minutes=5)
    assert apply(root, account).output.endswith("nothing to do\n")
    write(root, "")
    commit(root)
    assert apply(root, account).output.endswith("1 removed\n")
    assert account.overrides[0]["end"] <= datetime.now(UTC)
    assert apply(root, account).output == "nothing to do\n"


def test_hours_and_later_overrides_are_kept_to(root: Path, account: Account) -> None:
    """PagerDuty knows no hours of an override and lets the last one made win; at every hour both say the same."""
    days = START + 7 * DAY
    office = line("ana", START, days, "office")
    primary = line("ben", START, days) + line("dee", START + DAY, START + 2 * DAY)
    write(root, office + primary)
    commit(root)
    assert apply(root, account).exit_code == 0
    team = load(root).teams["payments"]
    bare = (
        team.model_copy(update={"on_call": team.on_call.model_copy(update={"overrides": ()})}) if team.on_call else team
    )
    for hour in range(8 * 24):
        at = START + timedelta(hours=hour)
        meant, layers = on_call(team, at), on_call(bare, at)
        for schedule, layer in (("S0", "primary"), ("S1", "office")):
            said = account.says(schedule, at)
            assert (said[1:].lower() if said else layers[layer]) == meant[layer], (layer, at)


def test_ids_are_asked_for_where_they_are_missing(root: Path) -> None:
    """The documentation promises the id of an override only with `editable`."""
    with Account(ids_need_editable=True) as account:
        account.schedules = {"S0": "payments: primary"}
        account.users = {"UBEN": "ben@example.com"}
        account.add("S0", "UBEN", START, START + DAY)
        write(root, line("ben", START, START + DAY))
        commit(root)
        write(root, "")
        assert apply(root, account).output.endswith("1 removed\n")


def test_a_second_one_of_the_same_goes(root: Path, account: Account) -> None:
    """Two people applied at once: one of the two is removed."""
    for _ in range(2):
        account.add("S0", "UBEN", START, START + DAY)
    write(root, line("ben", START, START + DAY))
    commit(root)
    assert apply(root, account).output == (
        f"remove payments: primary: Ben, {span(START, START + DAY)}: there are two of it\n"
        f"keep   payments: primary: Ben, {span(START, START + DAY)}\n1 removed\n"
    )


def test_without_history_nothing_is_removed(root: Path, account: Account) -> None:
    """A folder without git says so."""
    subprocess.run(["rm", "-r", str(root / ".git")], check=True)
    account.add("S0", "UBEN", START, START + DAY)
    assert apply(root, account).output == (
        f"leave  payments: primary: Ben, {span(START, START + DAY)}: made by others\n"
        "there is no git history here, so overrides that left the files are not known as ours and stay\n"
        "nothing to do\n"
    )


def test_a_shallow_clone_is_refused(root: Path, account: Account, tmp_path: Path) -> None:
    """Its history is cut off, so that nothing could be told about what is not in it."""
    commit(root)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), str(shallow))
    shown = apply(shallow, account)
    assert shown.exit_code == 1
    assert shown.output == (
        f"{shallow}: the clone is shallow; expected git's whole history, which says whose an override is; "
        "run `git fetch --unshallow`, or set fetch-depth: 0 at actions/checkout\n"
    )


def test_what_pulumi_has_not_made_yet_is_named_at_once(root: Path, account: Account) -> None:
    """Schedules and users that overrides need are all named before anything is done."""
    del account.schedules["S0"], account.users["UDEE"]
    write(root, line("ben", START, START + DAY) + line("dee", START, START + DAY, "office"))
    shown = apply(root, account)
    assert shown.exit_code == 1
    assert shown.output == (
        "PagerDuty has no schedule 'payments: primary', no user dee@example.com; expected those of policies/teams/; "
        "run `pulumi up` first\n"
    )
    assert writes(account) == []


def test_a_wrong_token_is_said_without_the_token(root: Path, account: Account) -> None:
    """The message names what to look at."""
    shown = apply(root, account, token="wrong-key")
    assert shown.exit_code == 1
    assert shown.output == (
        f"PagerDuty at {account.url}: the token was refused; expected one of an account's REST API key that may write; "
        "see --url, --token-file, TOCSIN_PAGERDUTY_URL and TOCSIN_PAGERDUTY_TOKEN_FILE\n"
    )


def test_a_token_file_without_a_token_is_refused(root: Path, account: Account) -> None:
    """An empty file is no key."""
    shown = apply(root, account, token="")
    file = root.parent / "token"
    assert shown.output == f"{file}: holds no key; expected a REST API key of PagerDuty, on one line\n"


def test_too_many_requests_are_waited_for(account: Account) -> None:
    """The time that PagerDuty names is waited, then the request is sent again."""
    waits: list[float] = []
    account.too_many = 2
    assert PagerDuty(TOKEN, account.url, sleep=waits.append).schedules()["somebody else's"] == "S9"
    assert waits == [7.0, 7.0]


def test_programs_get_the_plan(root: Path, account: Account) -> None:
    """--json names every action."""
    write(root, line("ben", START, START + DAY))
    found = json.loads(apply(root, account, "--json", "--dry-run").output)
    assert found == {
        "dry_run": True,
        "actions": [
            {
                "action": "create",
                "schedule": "payments: primary",
                "start": START.isoformat(),
                "end": (START + DAY).isoformat(),
                "email": "ben@example.com",
            }
        ],
    }


def test_options_of_oncall_before_apply_are_refused(root: Path, account: Account) -> None:
    """They would be ignored in silence."""
    shown = CliRunner().invoke(main, ["--root", str(root), "oncall", "--team", "payments", "apply"])
    assert shown.exit_code == 2
    assert "team: of no meaning for `apply`; expected none before it" in shown.output
