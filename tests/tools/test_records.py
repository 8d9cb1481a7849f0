"""`tocsin records`: proving and redacting from the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.bots.office import alert, command, delivery
from tests.bots.vault import bare, git, vault
from tools.cli import main
from tools.records import counted

_TIMELINE = "incidents/2026/01/INC-1/timeline.yaml"
_SECRET = "hunter2"


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A remote with two incidents, one of which holds a secret in a label, an annotation and a note."""
    path = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", path) as one:
        one.take(delivery(alert("Other", 0, service="cart")))
        one.take(delivery(alert("Broken", 0, url=f"https://u:{_SECRET}@db")))
        one.take(command("note", 2, received=2, text=f"the password {_SECRET} leaked"))
        one.take(command("note", 2, received=3, text="rotating it"))
        one.pusher.push()
    return path


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Calls the command line; nothing is shown of a terminal."""
    return lambda *arguments, **more: CliRunner().invoke(main, ["records", *map(str, arguments)], **more)


_PATH = "incidents/2026/01/INC-2"


def _everything(remote: Path) -> str:
    """All content that the branch reaches, in all commits."""
    found = []
    for line in git(remote, "rev-list", "--objects", "records").splitlines():
        oid = line.split()[0]
        if git(remote, "cat-file", "-t", oid).strip() == "blob":
            found.append(git(remote, "cat-file", "-p", oid))
    return "\n".join(found)


def test_a_sound_record_is_proved(remote: Path, run: Callable[..., Result]) -> None:
    """In a sentence, and as JSON; status 0."""
    tip = git(remote, "rev-parse", "records").strip()
    result = run("verify", "--repo", remote)
    assert (result.exit_code, result.output) == (
        0,
        f"refs/heads/records at {tip[:12]}: 2 incidents, 6 events, 4 commits: all follow from their timelines\n",
    )
    told = json.loads(run("verify", "--repo", remote, "--json").output)
    assert told == {
        "ref": "refs/heads/records",
        "commit": tip,
        "incidents": 2,
        "events": 6,
        "commits": 4,
        "problems": [],
    }


@pytest.mark.parametrize(("number", "said"), [(0, "0 events"), (1, "1 event"), (1200, "1,200 events")])
def test_one_is_told_in_the_singular(number: int, said: str) -> None:
    """A first incident is one incident."""
    assert counted(number, "event") == said


def test_a_clone_proves_what_it_fetched(remote: Path, run: Callable[..., Result], tmp_path: Path) -> None:
    """Its branch is called origin/records there."""
    git(tmp_path, "clone", "--quiet", "--no-checkout", str(remote), "clone")
    result = run("verify", "--repo", tmp_path / "clone", "--tip-only")
    assert result.output.startswith("refs/remotes/origin/records at ")
    assert "0 commits" in result.output


def test_mistakes_end_with_status_1(remote: Path, run: Callable[..., Result], tmp_path: Path) -> None:
    """Each on a line."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch", "records", str(remote), "clone")
    for name in ("README.md", "incident.yaml"):
        (clone / _PATH / name).write_text("nothing\n")
    git(clone, "-c", "user.name=eve", "-c", "user.email=e@example.com", "commit", "--quiet", "-am", "harm")
    result = run("verify", "--repo", clone)
    assert result.exit_code == 1
    *problems, last = result.output.splitlines()
    assert [line.split(":")[0] for line in problems] == [f"{_PATH}/README.md", f"{_PATH}/incident.yaml"]
    assert last.endswith(": 2 mistakes")
    told = json.loads(run("verify", "--repo", clone, "--json").output)
    assert told["problems"][0]["object"] == "README.md"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (),
            (
                "no branch records here; fetch it with `git fetch origin records:records`, or name a --ref; "
                "the bot makes it with the first incident"
            ),
        ),
        (("--ref", "nope"), "no commit 'nope' here; expected a branch or a commit of the records"),
    ],
)
def test_a_repository_without_records_is_told(
    run: Callable[..., Result], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """Status 2, and the way out."""
    result = run("verify", "--repo", bare(tmp_path / "empty.git"), *arguments)
    assert (result.exit_code, result.output.splitlines()[-1]) == (2, f"Error: {message}")


def test_a_folder_that_is_no_clone_is_told(run: Callable[..., Result], tmp_path: Path) -> None:
    """Status 2."""
    result = run("verify", "--repo", tmp_path)
    assert result.exit_code == 2
    assert result.output.endswith(
        f"Error: {tmp_path}: not in a git repository; expected a clone; name one with --repo\n"
    )


def test_a_text_is_hidden_at_the_tip_and_who_hid_it_is_recorded(remote: Path, run: Callable[..., Result]) -> None:
    """The events stay, the proof holds, and the history still has it."""
    result = run("redact", "INC-2", "--text", _SECRET, "--reason", "a password", "--by", "ana", "--remote", remote)
    assert result.exit_code == 0, result.output
    tip = git(remote, "rev-parse", "records").strip()
    assert result.output == (
        f"hid text in 2 events of INC-2; commit {tip[:12]}\n"
        "The text is still in the branch's history; --purge takes it out of there too.\n"
    )
    timeline = git(remote, "show", f"records:{_PATH}/timeline.yaml")
    assert _SECRET not in timeline
    assert "the password [redacted] leaked" in timeline
    assert timeline.count("kind: noted") == 2
    assert "  kind: redacted\n" in timeline
    assert "  by: ana\n" in timeline
    assert "hid text in 2 entries: a password" in git(remote, "show", f"records:{_PATH}/README.md")
    assert _SECRET in _everything(remote)
    assert run("verify", "--repo", remote).exit_code == 0


def test_one_event_is_hidden_whole(remote: Path, run: Callable[..., Result]) -> None:
    """All its text, not its author."""
    timeline = git(remote, "show", f"records:{_PATH}/timeline.yaml")
    event_id = timeline.split("kind: noted")[0].rsplit("id: ", 1)[1].split("\n")[0].strip('"')
    arguments = ("redact", "INC-2", event_id, "--reason", "a name", "--by", "ana", "--remote", remote, "--json")
    told = json.loads(run(*arguments).output)
    assert told["events"] == [event_id]
    assert 'text: "[redacted]"\n' in git(remote, "show", f"records:{_PATH}/timeline.yaml")
    assert run("verify", "--repo", remote).exit_code == 0


def test_a_purge_takes_it_out_of_the_whole_history(remote: Path, run: Callable[..., Result]) -> None:
    """After the name was typed; it says what people still have to do. Commits before the incident stay."""
    before = git(remote, "rev-list", "records").split()
    arguments = (
        "redact",
        "INC-2",
        "--text",
        "-",
        "--reason",
        "a password",
        "--by",
        "ana",
        "--remote",
        remote,
        "--purge",
    )
    result = run(*arguments, "--yes", input=f"{_SECRET}\n")
    assert result.exit_code == 0, result.output
    assert (
        "rewrote 3 commits. Still to do, by people:\n  1. Rotate the secret: it was readable until now.\n"
        in result.output
    )
    assert _SECRET not in _everything(remote)
    after = git(remote, "rev-list", "records").split()
    assert len(after) == len(before) + 1
    assert after[-1] == before[-1]
    assert run("verify", "--repo", remote).exit_code == 0


def test_a_purge_that_is_not_confirmed_changes_nothing(remote: Path, run: Callable[..., Result]) -> None:
    """Anything but the name is a no."""
    tip = git(remote, "rev-parse", "records")
    arguments = ("redact", "INC-2", "--text", _SECRET, "--reason", "x", "--by", "ana", "--remote", remote, "--purge")
    result = run(*arguments, input="yes\n")
    assert result.exit_code == 1
    assert f"This rewrites 3 commits of the branch records on {remote} and force-pushes them.\n" in result.output
    assert result.output.endswith("not confirmed; nothing was changed\n")
    assert git(remote, "rev-parse", "records") == tip


def test_the_bot_goes_on_after_a_purge(remote: Path, run: Callable[..., Result], tmp_path: Path) -> None:
    """It takes the new history over and brings nothing back."""
    with vault(tmp_path / "state", remote) as one:
        one.take(command("ack", 2, received=9))
        run(
            "redact", "INC-2", "--text", _SECRET, "--reason", "x", "--by", "ana", "--remote", remote, "--purge", "--yes"
        )
        one.pusher.push()
        assert one.kinds(2)[-2:] == ["redacted", "acknowledged"]
    assert _SECRET not in _everything(remote)
    assert run("verify", "--repo", remote).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("INC-2",), 2, "Error: expected either an EVENT or a --text, and not both"),
        (("INC-2", "ab", "--text", "abc"), 2, "Error: expected either an EVENT or a --text, and not both"),
        (("INC-2", "--text", "a"), 2, "Error: --text: got 1 characters; expected at least 3: less is everywhere"),
        (("nonsense", "--text", "abc"), 2, "Error: 'nonsense' is not an incident; expected one such as INC-7"),
        (("INC-9", "--text", "abc"), 1, "no incident INC-9 on the branch records"),
        (("INC-2", "--text", "absent"), 1, "nothing of INC-2 holds such text; nothing was changed"),
    ],
)
def test_what_cannot_be_hidden_is_told(
    remote: Path, run: Callable[..., Result], arguments: tuple[str, ...], status: int, message: str
) -> None:
    """And nothing is changed."""
    tip = git(remote, "rev-parse", "records")
    result = run("redact", *arguments, "--reason", "x", "--by", "ana", "--remote", remote)
    assert (result.exit_code, result.output.splitlines()[-1]) == (status, message)
    assert git(remote, "rev-parse", "records") == tip


def test_what_an_incident_is_found_by_is_not_hidden(remote: Path, run: Callable[..., Result]) -> None:
    """Its service, its fingerprints."""
    result = run("redact", "INC-2", "--text", "checkout", "--reason", "x", "--by", "ana", "--remote", remote)
    assert result.exit_code == 1
    assert result.output.startswith("the text is part of what the incident is found by: event ")
    assert result.output.endswith(": service\n")


def test_a_remote_that_is_away_is_told(run: Callable[..., Result], tmp_path: Path) -> None:
    """With git's words."""
    result = run("redact", "INC-2", "--text", "abc", "--reason", "x", "--by", "ana", "--remote", tmp_path / "absent")
    assert result.exit_code == 1
    assert "git fetch: fatal: " in result.output
