"""Where a report goes: a branch with its files, an issue that shows them, one message in Slack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.errors import SettingsError
from tests.tools.report.github_stand import REPOSITORY, Stand, github
from tests.tools.report.stories import Archive, Story, after
from tests.tools.report.test_report import run
from tools.report import posting
from tools.report.posting import MOST, TOLD, fitting, marker, read_posting, written


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """GitHub and Slack; every request is held against GitHub's own description."""
    with github(tmp_path) as running:
        yield running
        assert running.problems == []


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Records with one incident."""
    found = Archive(tmp_path / "a.git").record(Story(number=1, started=after(1), resolved=5))
    return found.publish({"a": "b"}, after(0))


@pytest.fixture
def posted(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings with which it goes there."""
    (tmp_path / "token").write_text("token-of-the-job\n")
    (tmp_path / "slack").write_text(f"{stand.url}/slack/secret\n")
    for name, value in {
        "TOCSIN_GITHUB_REPOSITORY": REPOSITORY,
        "TOCSIN_GITHUB_TOKEN_FILE": str(tmp_path / "token"),
        "TOCSIN_GITHUB_URL": f"{stand.url}/api",
        "TOCSIN_GITHUB_SERVER_URL": "https://github.example",
        "TOCSIN_REPORT_SLACK_FILE": str(tmp_path / "slack"),
    }.items():
        monkeypatch.setenv(name, value)


def post(archive: Archive, out: Path) -> list[str]:
    """Runs the command, and gives what it said after the summary."""
    result = run(archive.path, "--week", "2026-W09", "--out", str(out), "--post")
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[1:]


def test_it_goes_to_a_branch_an_issue_and_slack(stand: Stand, archive: Archive, posted: None, tmp_path: Path) -> None:
    """The issue shows the branch's pictures, by addresses that people with access to the repository can open."""
    said = post(archive, tmp_path / "o")
    assert [line.partition(" in commit ")[0] for line in said] == [
        "reports: 4 files",
        "issue #1: opened",
        "Slack: told",
    ]
    assert sorted(stand.files()) == [
        f"2026-W09/{name}" for name in ("incidents.svg", "noise.svg", "report.md", "resolve.svg")
    ]
    assert stand.files()["2026-W09/report.md"] == (tmp_path / "o" / "report.md").read_bytes()
    issue = stand.issues[0]
    assert issue["title"] == "Week 2026-W09: 23 February to 1 March 2026"
    place = f"https://github.example/{REPOSITORY}/blob/reports/2026-W09"
    assert f"![Incidents of the last twelve weeks](<{place}/incidents.svg?raw=true>)" in issue["body"]
    assert issue["body"].startswith("<!-- tocsin:report 2026-W09 -->\n# Week 2026-W09: ")
    assert issue["body"].endswith(f"\n{TOLD}\n<!-- tocsin:end -->")
    (message,) = stand.slack
    assert message["blocks"][0]["text"]["text"] == (
        f"*<https://github.example/{REPOSITORY}/issues/1|Week 2026-W09: 23 February to 1 March 2026>*\n"
        "1 incident; missed: Postmortems in time; not known: Time to detect, Time to acknowledge, P0 and P1, "
        "Remediations that worked."
    )


def test_a_second_time_changes_nothing(stand: Stand, archive: Archive, posted: None, tmp_path: Path) -> None:
    """No commit, no issue, no message; only what differs is written, in the same issue."""
    post(archive, tmp_path / "o")
    before = stand.files()
    stand.writes.clear()
    assert post(archive, tmp_path / "o") == ["reports: nothing changed", "issue #1: brought up to date"]
    assert [call for call in stand.writes if not call.startswith(("POST git/blobs", "POST git/trees"))] == []
    archive.record(Story(number=2, started=after(2), resolved=5))
    assert post(archive, tmp_path / "o")[1:] == ["issue #1: brought up to date"]
    assert (len(stand.issues), len(stand.slack)) == (1, 1)
    assert stand.files().keys() == before.keys()
    assert "INC-2" in stand.issues[0]["body"]


def test_the_issue_is_found_behind_many_others(stand: Stand, archive: Archive, posted: None, tmp_path: Path) -> None:
    """By its marker, page by page; an issue without text is no obstacle."""
    post(archive, tmp_path / "o")
    for number in range(2, 130):
        stand.issues.append({"number": number, "title": "x", "body": None, "html_url": ""})
    assert post(archive, tmp_path / "o")[1:] == ["issue #1: brought up to date"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_bad_answer_is_tried_again(stand: Stand, archive: Archive, posted: None, tmp_path: Path, status: int) -> None:
    """Where it is sure that nothing happened."""
    stand.failures += [status, status]
    assert len(post(archive, tmp_path / "o")) == 3
    assert (len(stand.issues), len(stand.slack)) == (1, 1)


def test_what_cannot_be_posted_is_said(stand: Stand, archive: Archive, posted: None, tmp_path: Path) -> None:
    """And the files are written all the same."""
    stand.failures += [403]
    result = run(archive.path, "--week", "2026-W09", "--out", str(tmp_path / "o"), "--post")
    assert result.exit_code == 1
    address = f"{stand.url}/api/repos/{REPOSITORY}/git/matching-refs/heads/reports"
    assert f'Error: GET {address}: 403 Forbidden: {{"message": "no"}}\n' in result.stderr
    assert (tmp_path / "o" / "report.md").exists()


def test_what_people_wrote_in_the_issue_stays(stand: Stand, archive: Archive, posted: None, tmp_path: Path) -> None:
    """Around our part, in GitHub's own line ends, and in the title."""
    post(archive, tmp_path / "o")
    issue = stand.issues[0]
    issue["body"] = f"We meet on Tuesday.\n\n{issue['body']}\n- [ ] tune SlowRequests\n".replace("\n", "\r\n")
    issue["title"] = "The week of the outage"
    archive.record(Story(number=2, started=after(2), resolved=5))
    post(archive, tmp_path / "o")
    assert issue["title"] == "The week of the outage"
    assert issue["body"].startswith("We meet on Tuesday.")
    assert issue["body"].endswith("<!-- tocsin:end -->\r\n- [ ] tune SlowRequests\r\n")
    assert issue["body"].count("# Week 2026-W09") == 1
    assert "INC-2" in issue["body"]


def test_where_our_part_was_deleted_it_is_put_at_the_end() -> None:
    """Nothing that people wrote is taken for it."""
    assert written("Hello", "# Week", "", "2026-W09", told=False) == (
        "Hello\n\n<!-- tocsin:report 2026-W09 -->\n# Week\n\n<!-- tocsin:end -->"
    )


def test_slack_is_told_later_if_it_was_away(stand: Stand, archive: Archive, posted: None, tmp_path: Path) -> None:
    """The message of a week is not lost with one bad answer; what is said of it does not show the secret address."""
    stand.slack_failures += [404]
    result = run(archive.path, "--week", "2026-W09", "--out", str(tmp_path / "o"), "--post")
    assert (result.exit_code, stand.slack) == (1, [])
    assert result.stderr.endswith(
        f'Error: Slack was not told: POST {stand.url}/…: 404 Not Found: {{"message": "no"}}; run it again\n'
    )
    assert "secret" not in result.output
    assert post(archive, tmp_path / "o")[1:] == ["issue #1: brought up to date", "Slack: told"]
    assert post(archive, tmp_path / "o")[1:] == ["issue #1: brought up to date"]
    assert (len(stand.issues), len(stand.slack)) == (1, 1)


def test_an_unreachable_slack_does_not_show_its_address(
    archive: Archive, posted: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever words the failure comes in."""
    monkeypatch.setattr(posting.time, "sleep", lambda seconds: None)
    (tmp_path / "slack").write_text("http://127.0.0.1:9/services/secret\n")
    result = run(archive.path, "--week", "2026-W09", "--out", str(tmp_path / "o"), "--post")
    assert "Error: Slack was not told: http://127.0.0.1:9/…: " in result.stderr
    assert "secret" not in result.output


def test_a_text_that_is_too_long_ends_with_a_whole_section() -> None:
    """And leads to the rest; with markers and what people wrote it fits."""
    text = "# Week\n\n## One\n\n" + "a" * 40_000 + "\n\n## Two\n\n" + "b" * 30_000 + "\n"
    found = written("Hello", text, "https://example.com/report.md", "2026-W09", told=True)
    assert len(found) <= MOST
    assert found.startswith(f"Hello\n\n{marker('2026-W09')}\n# Week\n")
    assert found.endswith(
        "aaa\n\nThe rest is too long for an issue: [the whole report](<https://example.com/report.md>).\n\n"
        f"{TOLD}\n<!-- tocsin:end -->"
    )
    assert fitting("short", "") == "short"


def test_missing_settings_are_named_together(tmp_path: Path) -> None:
    """Slack is optional."""
    with pytest.raises(SettingsError) as error:
        read_posting({"TOCSIN_GITHUB_REPOSITORY": "operations"})
    assert error.value.problems == (
        "TOCSIN_GITHUB_TOKEN_FILE: not set; expected a file with a token that may write contents and issues",
        "TOCSIN_GITHUB_REPOSITORY: 'operations' is not a repository; expected one such as example/operations",
    )


@pytest.mark.parametrize("held", ["xoxb-secret", "https://hooks.slack.com", "https://hooks.slack.com/", "https://[x/y"])
def test_a_file_that_holds_no_webhook_is_named_and_not_shown(tmp_path: Path, held: str) -> None:
    """It may hold another secret."""
    for name in ("token", "slack"):
        (tmp_path / name).write_text(f"{held}\n")
    with pytest.raises(SettingsError) as error:
        read_posting(
            {
                "TOCSIN_GITHUB_REPOSITORY": REPOSITORY,
                "TOCSIN_GITHUB_TOKEN_FILE": str(tmp_path / "token"),
                "TOCSIN_REPORT_SLACK_FILE": str(tmp_path / "slack"),
            }
        )
    assert error.value.problems == (
        f"TOCSIN_REPORT_SLACK_FILE: {tmp_path}/slack holds no address; expected that of an incoming webhook",
    )
