"""Records on their way to the remote: refused, moved under us, gone for a while."""

import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pygit2
import pytest

from bots import records
from bots.errors import Undeliverable, Unreachable
from bots.exchange.pushing import Unpushed
from bots.verify import verify
from tests.bots.office import alert, at, command, delivery
from tests.bots.vault import bare, files, git, vault


def _kinds(remote: Path, path: str) -> list[str]:
    """The kinds of the events of an incident on the remote."""
    text = git(remote, "show", f"records:{path}/timeline.yaml").encode()
    return [event.kind.value for event in records.read_timeline(text)]


def _proved(remote: Path) -> None:
    repository = pygit2.Repository(str(remote))
    assert verify(repository, repository.references["refs/heads/records"].peel().id).problems == []


_FIRST = "incidents/2026/01/INC-1"


def test_a_push_brings_everything_and_says_so(tmp_path: Path) -> None:
    """And a second one has nothing to do."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        assert one.pusher.push().tip is None
        one.take(delivery(alert("Broken", 0)))
        assert one.pusher.unpushed().commits == 1
        assert one.pusher.unpushed().since is not None
        assert one.pusher.push().tip == git(remote, "rev-parse", "records").strip()
        assert one.pusher.unpushed() == Unpushed(commits=0, since=None)
        assert one.pusher.push().reloaded is False
    _proved(remote)


def test_without_a_remote_there_is_nothing_to_push(tmp_path: Path) -> None:
    """Records stay on this machine."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0)))
        assert one.pusher.push().reloaded is False
        assert one.pusher.pull().reloaded is False
        assert one.pusher.unpushed().commits == 0


def test_a_remote_that_refuses_says_why_and_gets_it_later(tmp_path: Path) -> None:
    """A hook, a protected branch."""
    remote = bare(tmp_path / "remote.git")
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho the branch is frozen >&2\nexit 1\n")
    hook.chmod(0o755)
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        with pytest.raises(Undeliverable, match=r"^the remote refused the push: .*the branch is frozen"):
            one.pusher.push()
        one.take(command("ack"))
        hook.unlink()
        one.pusher.push()
    assert _kinds(remote, _FIRST) == ["opened", "alert_fired", "acknowledged"]


def test_a_remote_that_is_gone_for_a_while_gets_everything_later(tmp_path: Path) -> None:
    """Work goes on meanwhile."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        one.pusher.push()
        remote.rename(tmp_path / "away.git")
        one.take(command("ack"))
        with pytest.raises(Unreachable, match=r"^git push: .*does not appear to be a git repository"):
            one.pusher.push()
        (tmp_path / "away.git").rename(remote)
        one.pusher.push()
    assert _kinds(remote, _FIRST) == ["opened", "alert_fired", "acknowledged"]


def test_events_of_others_in_the_same_incident_are_kept_with_ours(tmp_path: Path) -> None:
    """Ours come after theirs; what follows is rendered anew."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "one", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        one.pusher.push()
        with vault(tmp_path / "two", remote) as two:
            two.take(command("note", received=5, text="from elsewhere"))
            two.pusher.push()
        one.take(command("ack", received=6))
        assert one.pusher.push().reloaded is True
        assert one.kinds() == ["opened", "alert_fired", "noted", "acknowledged"]
        assert one.take(command("mitigate", received=7)).changes[0].after.events[2].data["text"] == "from elsewhere"
        one.pusher.push()
    assert _kinds(remote, _FIRST) == ["opened", "alert_fired", "noted", "acknowledged", "mitigated"]
    _proved(remote)


def test_the_same_number_given_twice_loses_neither_incident(tmp_path: Path) -> None:
    """Two bots by mistake: ours gets another number, and says which it had."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "one", remote) as one, vault(tmp_path / "two", remote) as two:
        one.take(delivery(alert("Broken", 0), alert("Other", 0, service="cart")))
        one.take(command("merge", 2, into="INC-1"))
        two.take(delivery(alert("Elsewhere", 0, service="search")))
        two.pusher.push()
        assert dict(one.pusher.push().renumbered) == {1: 3}
        state = one.store.read(3)
        assert state is not None
        assert state.events[0].data["formerly"] == 1
        duplicate = one.store.read(2)
        assert duplicate is not None
        assert duplicate.state.inputs.duplicate_of == 3
        assert one.store.highest() == 3
        one.take(delivery(alert("Broken", 0, 5)))
        assert one.kinds(3)[-1] == "alert_resolved"
        one.pusher.push()
    assert {path.split("/")[3] for path in files(remote)} == {"INC-1", "INC-2", "INC-3"}
    _proved(remote)


def test_files_that_others_put_on_the_branch_are_left_alone(tmp_path: Path) -> None:
    """Nothing outside incidents/ and audit/ is touched, not even to take it away."""
    remote, clone = bare(tmp_path / "remote.git"), tmp_path / "clone"
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        one.pusher.push()
        git(tmp_path, "clone", "--quiet", "--branch", "records", str(remote), str(clone))
        (clone / "NOTES.md").write_text("ours\n")
        git(clone, "add", ".")
        git(clone, "-c", "user.name=eve", "-c", "user.email=eve@example.com", "commit", "--quiet", "-m", "notes")
        git(clone, "push", "--quiet", "origin", "records")
        one.take(command("ack"))
        one.pusher.push()
    assert git(remote, "show", "records:NOTES.md") == "ours\n"
    assert _kinds(remote, _FIRST)[-1] == "acknowledged"


def _harmed(harm: Callable[[str], str], folder: Path) -> None:
    timeline = folder / "timeline.yaml"
    timeline.write_text(harm(timeline.read_text()))


def _edited(remote: Path, clone: Path, edit: Callable[[Path], object]) -> None:
    """Somebody changes the folder of the first incident on the branch."""
    git(clone.parent, "clone", "--quiet", "--branch", "records", str(remote), str(clone))
    edit(clone / _FIRST)
    git(clone, "add", "--all", ".")
    git(clone, "-c", "user.name=eve", "-c", "user.email=eve@example.com", "commit", "--quiet", "-m", "by hand")
    git(clone, "push", "--quiet", "origin", "records")


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: f"<<<<<<< ours\n{text}=======\n>>>>>>> theirs\n",
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "- " + text.split("\n- ", 2)[-1],
    ],
    ids=["conflict", "empty", "cut", "without-its-beginning"],
)
@pytest.mark.parametrize("ours", [1, 2], ids=["the-same", "another"])
def test_a_timeline_that_somebody_broke_is_put_back(tmp_path: Path, harm: Callable[[str], str], ours: int) -> None:
    """By hand or by a pull request: whichever incident goes on, its events and ours are on the remote, readable."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0), alert("Other", 0, service="platform")))
        one.take(command("note", 1, text="seen"))
        one.pusher.push()
        _edited(remote, tmp_path / "clone", partial(_harmed, harm))
        one.take(command("ack", ours))
        assert one.pusher.push().reloaded is True
        one.take(command("mitigate", 1))
        one.pusher.push()
    assert _kinds(remote, _FIRST)[:3] == ["opened", "alert_fired", "noted"]
    assert _kinds(remote, _FIRST)[-1] == "mitigated"
    repository = pygit2.Repository(str(remote))
    tip = repository.references["refs/heads/records"].peel().id
    assert verify(repository, tip, history=False).problems == []


def test_what_follows_from_a_timeline_is_made_anew_where_somebody_broke_it(tmp_path: Path) -> None:
    """And what has the name of no incident is left alone."""
    remote = bare(tmp_path / "remote.git")

    def edit(folder: Path) -> None:
        (folder / "incident.yaml").write_text("status: [\n")
        (folder / "README.md").write_text("mine\n")
        (folder.parent / "INC-one").mkdir()
        (folder.parent / "INC-one" / "incident.yaml").write_text("id: INC-1\n")

    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        one.pusher.push()
        _edited(remote, tmp_path / "clone", edit)
        assert one.pusher.pull().reloaded is True
    with vault(tmp_path / "another", remote) as one:
        assert [row.number for row in one.store.index.list()] == [1]
        one.take(command("ack"))
        one.pusher.push()
    assert _kinds(remote, _FIRST)[-1] == "acknowledged"
    assert "status: acknowledged" in git(remote, "show", f"records:{_FIRST}/incident.yaml")
    assert git(remote, "show", f"records:{_FIRST}/README.md").startswith("# INC-1")


def test_a_rewritten_history_is_taken_over(tmp_path: Path) -> None:
    """A purge: nothing of the old history comes back, and none of our new events is lost."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        one.pusher.push()
        tree = git(remote, "rev-parse", "records^{tree}").strip()
        identity = ("-c", "user.name=admin", "-c", "user.email=a@example.com")
        rewritten = git(remote, *identity, "commit-tree", tree, "-m", "rewritten").strip()
        git(remote, "update-ref", "refs/heads/records", rewritten)
        one.take(command("ack"))
        one.pusher.push()
        assert one.kinds() == ["opened", "alert_fired", "acknowledged"]
    assert git(remote, "rev-list", "--count", "records").strip() == "2"
    assert git(remote, "rev-list", "records").split()[1] == rewritten


def test_a_branch_that_was_deleted_is_pushed_anew(tmp_path: Path) -> None:
    """From what is here."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        one.pusher.push()
        git(remote, "update-ref", "-d", "refs/heads/records")
        one.pusher.pull()
        assert one.pusher.unpushed().commits == 1
        one.pusher.push()
    assert _kinds(remote, _FIRST) == ["opened", "alert_fired"]


def test_a_pull_takes_in_what_others_changed(tmp_path: Path) -> None:
    """Without pushing; what was read before is read again."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "one", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        one.pusher.push()
        with vault(tmp_path / "two", remote) as two:
            two.take(command("ack"))
            two.pusher.push()
        assert one.pusher.pull().reloaded is True
        assert one.pusher.pull().reloaded is False
        assert one.pusher.unpushed().commits == 0
        history = one.ledger.get(1)
        assert history is not None
        assert history.events[-1].kind.value == "acknowledged"


def test_denied_commands_of_both_are_kept(tmp_path: Path) -> None:
    """The audit trail is brought together like timelines."""
    from bots.timeline.intake import Denial

    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "one", remote) as one, vault(tmp_path / "two", remote) as two:
        for number, each in enumerate((one, two)):
            each.take(Denial(key="k", received_at=at(number), by=f"eve{number}", command="ack", reason="no role"))
        two.pusher.push()
        one.pusher.push()
    text = git(remote, "show", "records:audit/2026/01/05.yaml").encode()
    assert [event.by for event in records.read_timeline(text)] == ["eve1", "eve0"]


def test_pushing_and_committing_at_once(tmp_path: Path) -> None:
    """A thread pushes and pulls while another records."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        done = threading.Event()
        failures: list[BaseException] = []

        def push() -> None:
            try:
                while not done.is_set():
                    one.pusher.push()
                    one.pusher.pull()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=push)
        thread.start()
        for number in range(25):
            one.take(delivery(alert("Broken", number * 100, number * 100 + 5)))
        done.set()
        thread.join()
        one.pusher.push()
        assert failures == []
        assert one.store.highest() == 25
    _proved(remote)


def test_git_that_hangs_is_ended(tmp_path: Path) -> None:
    """With everything that it started."""
    remote = bare(tmp_path / "remote.git")
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nsleep 60\n")
    hook.chmod(0o755)
    with vault(tmp_path / "state", remote) as one:
        one.pusher._timeout_s = 1
        one.take(delivery(alert("Broken", 0)))
        with pytest.raises(Unreachable, match=r"^git push did not end within 1 s$"):
            one.pusher.push()
    shutil.rmtree(remote)
