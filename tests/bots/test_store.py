"""The records in git: durable, small steps, and an index that may be lost."""

import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pygit2
import pytest

from bots import records
from bots.errors import StoreBusy, StoreDamaged, StoreError, StoreMoved, Unreachable
from bots.opening import open_store
from bots.store import TRACKING
from bots.timeline.answer import Refusal
from bots.timeline.intake import Denial
from bots.timeline.state import Status
from bots.verify import verify
from tests.bots.office import TEN, alert, at, command, delivery
from tests.bots.vault import Vault, bare, files, git, vault

_FOLDER = "incidents/2026/01/INC-1"


def test_an_incident_is_three_files_and_one_commit(tmp_path: Path) -> None:
    """With a message that says what happened."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0)), command("ack", received=2))
        repository = one.store.path
    assert files(repository) == [f"{_FOLDER}/{name}" for name in ("README.md", "incident.yaml", "timeline.yaml")]
    assert git(repository, "log", "--format=%an <%ae>%n%B", "records") == (
        "Tocsin <tocsin@localhost>\n"
        "incidents: INC-1 opened, alert_fired, acknowledged\n\n"
        "Incident: INC-1 acknowledged\n\n"
    )


def test_what_was_recorded_reads_back(tmp_path: Path) -> None:
    """After a restart too."""
    with vault(tmp_path) as one:
        decision = one.take(delivery(alert("Broken", 0)), command("ack", received=2))
    with vault(tmp_path) as again:
        assert again.store.read(1) == decision.changes[0].after
        assert again.store.read(2) is None
        assert again.take(delivery(alert("Broken", 0))).empty
        assert again.store.highest() == 1


def test_nothing_to_record_makes_no_commit(tmp_path: Path) -> None:
    """Redeliveries leave no trace."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0)))
        decision = one.ledger.decide([delivery(alert("Broken", 0))], TEN)
        assert one.store.commit(decision) is None


def test_denied_commands_are_kept_by_day_and_once(tmp_path: Path) -> None:
    """Also when the bot was killed between the record and the inbox."""
    denied = Denial(key="k", received_at=TEN, by="eve", command="close", reason="no role")
    with vault(tmp_path) as one:
        one.take(denied)
        one.take(denied, replace(denied, key="other"))
        repository = one.store.path
    assert files(repository) == ["audit/2026/01/05.yaml"]
    events = records.read_timeline(git(repository, "show", "records:audit/2026/01/05.yaml").encode())
    assert [event.by for event in events] == ["eve", "eve"]


def test_nothing_outside_incidents_and_audit_is_written(tmp_path: Path) -> None:
    """Whatever asks for it."""
    with vault(tmp_path) as one, pytest.raises(StoreError) as caught:
        one.store.write({"policies/access.yaml": b"", "incidents/x": b""}, "no", None)
    assert str(caught.value) == (
        "policies/access.yaml: not in incidents/ or audit/; nothing else may be written to the records"
    )


def test_a_commit_touches_only_the_way_to_its_incident(tmp_path: Path) -> None:
    """However many other incidents there are."""
    with vault(tmp_path) as one:
        for month in range(1, 7):
            start = (month - 1) * 31 * 24 * 60
            told = [alert(f"A{number}", start, start + 5, service=f"s{number}") for number in range(20)]
            one.take(delivery(*told, received=start))
        before = _objects(one.store.path)
        one.take(command("note", 120, text="seen"))
        # timeline and page, four folders, the root, the commit; incident.yaml may stay as it is.
        assert _objects(one.store.path) - before <= 9


def _objects(repository: Path) -> int:
    return int(git(repository, "count-objects").split()[0])


def test_only_one_bot_has_a_folder(tmp_path: Path) -> None:
    """The second is told."""
    with vault(tmp_path), pytest.raises(StoreBusy) as caught:
        open_store(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: another bot uses the folder; stop it, or give this one a folder of its own"
    )


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    """Lock files and half objects."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0)))
        repository = one.store.path
    left = [repository / "refs/heads/records.lock", repository / "objects/tmp_object_git2_x", repository / "HEAD.lock"]
    for path in left:
        path.write_text("")
    with vault(tmp_path) as again:
        again.take(command("ack"))
    assert not any(path.exists() for path in left)


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    """Rather than written to."""
    (tmp_path / "records.git").mkdir()
    with pytest.raises(StoreDamaged) as caught:
        open_store(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/records.git: not a git repository; expected one, or nothing; move it away"
    )


@pytest.mark.parametrize("harm", ["lost", "damaged", "behind", "empty"])
def test_the_index_is_made_anew_from_git(tmp_path: Path, harm: str) -> None:
    """Lost, damaged, or of an older commit."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0)), delivery(alert("Other", 0, service="cart")))
        index = tmp_path / "records.index"
        one.store.index._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        old = index.read_bytes()
        one.take(command("ack"))
        rows = one.store.index.list()
    for extra in ("-wal", "-shm"):
        index.with_name(index.name + extra).unlink(missing_ok=True)
    if harm == "lost":
        index.unlink()
    else:
        index.write_bytes({"damaged": b"SQLite format 3\0" + b"x" * 5000, "behind": old, "empty": b""}[harm])
    with vault(tmp_path) as again:
        assert again.store.index.list() == rows
        assert again.take(delivery(alert("Broken", 0))).empty


def test_the_index_finds_incidents(tmp_path: Path) -> None:
    """By status, team, service and page of the list."""
    with vault(tmp_path) as one:
        one.take(*(delivery(alert(f"A{n}", n, service=f"s{n % 2}", drill=str(n == 0).lower())) for n in range(4)))
        one.take(delivery(alert("A1", 1, 9, service="s1"), alert("A3", 3, 9, service="s1")))
        index = one.store.index
        assert [row.number for row in index.list()] == [3, 2, 1]
        assert [row.number for row in index.list(limit=1, before=3)] == [2]
        assert [row.name for row in index.list(status=[Status.RESOLVED])] == ["INC-2"]
        assert [row.service for row in index.list(team="payments", service="s0")] == ["s0", "s0"]
        assert [row.number for row in index.list(drill=True)] == [1]
        assert index.counts() == {(Status.OPEN, "P2"): 2, (Status.RESOLVED, "P2"): 1}
        summary = index.summary(2)
        assert summary is not None
        assert (summary.resolved_at, summary.to_dict()["resolved_at"]) == (at(9), "2026-01-05T10:09:00Z")
        assert index.summary(9) is None


def test_a_decision_on_older_records_is_refused(tmp_path: Path) -> None:
    """Others changed the branch meanwhile."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0)))
        decision = one.ledger.decide([command("ack")], TEN)
        tip = one.store.tip()
        assert tip is not None
        one.store.moved(tip)
        with pytest.raises(StoreMoved, match=r"^the records changed since the decision; decide again$"):
            one.store.commit(decision)
        assert not one.take(command("ack")).empty


def test_a_timeline_that_cannot_be_read_holds_nothing_else_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says file and line; its alerts get a new incident, others go on, and whoever asks for it is told."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0), alert("Other", 0, service="platform")))
        one.store.write({f"{_FOLDER}/timeline.yaml": b"a: &x 1\n"}, "harm", one.store.tip())
    with vault(tmp_path) as one:
        assert one.store.read(1) is None
        assert (
            f"{_FOLDER}/timeline.yaml cannot be used: line 1: got 'a: &x 1'; expected YAML as Tocsin writes it;"
            " `tocsin records verify` names all mistakes" in caplog.text
        )
        one.take(delivery(alert("Broken", 0)))
        one.take(command("ack", 2))
        assert (one.kinds(2)[-1], one.kinds(3)) == ("acknowledged", ["opened", "alert_fired"])
        (answer,) = one.take(command("ack", 1)).answers
        assert isinstance(answer, Refusal)
        assert answer.code == "unknown"


def test_remediation_is_frozen_while_nobody_can_read_the_switch(tmp_path: Path) -> None:
    """The safe side; deciding goes on."""
    with vault(tmp_path) as one:
        one.take(command("freeze", None, reason="a release"))
        audit = "audit/2026/01/05.yaml"
        one.store.write({audit: b"- a: &x 1\n  freeze: true\n"}, "harm", one.store.tip())
    with vault(tmp_path) as one:
        assert str(one.store.frozen()) == (
            f"remediation is frozen by tocsin: the audit trail cannot be read ({audit}: line 1: got '  a: &x 1';"
            " expected YAML as Tocsin writes it); put the file right; `tocsin remediation unfreeze` lifts it"
        )


def test_a_new_volume_is_filled_from_the_remote(tmp_path: Path) -> None:
    """With its numbers, and with progress."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "old", remote) as one:
        one.take(delivery(alert("Broken", 0)), delivery(alert("Other", 0, service="cart")))
        one.pusher.push()
    seen: list[tuple[str, int, int]] = []
    store = open_store(
        tmp_path / "new", remote=str(remote), progress=lambda what, done, of: seen.append((what, done, of))
    )
    try:
        assert store.highest() == 2
        assert Vault(store).take(delivery(alert("Broken", 0))).empty
    finally:
        store.close()
    assert seen == [("fetching the records", 0, 0), ("reading incidents", 2, 2)]


def test_a_new_volume_waits_for_a_remote_that_is_away(tmp_path: Path) -> None:
    """Numbers must not begin anew because a disk did; an old volume needs no remote to start."""
    with pytest.raises(Unreachable):
        open_store(tmp_path / "new", remote=str(tmp_path / "absent.git"))
    with vault(tmp_path / "old", bare(tmp_path / "remote.git")) as one:
        one.take(delivery(alert("Broken", 0)))
    with vault(tmp_path / "old", tmp_path / "absent.git") as again:
        assert again.store.highest() == 1


def _child(folder: Path, *arguments: str, **more: object) -> subprocess.Popen[str]:
    command_ = [sys.executable, "-m", "tests.bots.committer", str(folder), *arguments]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command_, stdout=subprocess.PIPE, text=True, cwd=root, **more)  # type: ignore[call-overload, no-any-return]  # the options differ


def _proved(folder: Path, committed: Sequence[str]) -> None:
    """The repository is whole, has every commit that was told, and proves itself."""
    with vault(folder) as one:
        git(one.store.path, "fsck", "--strict", "--full")
        reachable = set(git(one.store.path, "rev-list", "records").split())
        assert set(committed) <= reachable
        tip = one.store.tip()
        assert tip is not None
        assert verify(pygit2.Repository(str(one.store.path)), tip).problems == []
        assert one.store.highest() == one.store.index.count()


def test_killed_at_any_moment_the_repository_is_whole(tmp_path: Path) -> None:
    """Everything that was told to be recorded is; nothing is half there. Four kills, at random moments."""
    chance, committed = random.Random(5), list[str]()
    for _ in range(4):
        child = _child(tmp_path)
        assert child.stdout is not None
        committed.append(child.stdout.readline().strip())
        time.sleep(chance.uniform(0, 0.3))
        child.send_signal(signal.SIGKILL)
        committed += [line.strip() for line in child.stdout if len(line) == 41]
        child.wait()
        child.stdout.close()
    _proved(tmp_path, committed)


def test_a_full_disk_loses_nothing_and_is_told(tmp_path: Path) -> None:
    """Files may not grow any more; then they may again."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))

    child = _child(tmp_path, "--big", preexec_fn=limit)
    output, _ = child.communicate(timeout=120)
    *committed, told = output.split("\n")[:-1]
    assert len(committed) > 2
    assert told.startswith("StoreFull: the records cannot be written: ")
    assert told.endswith("; nothing changed; make room")
    _proved(tmp_path, committed)


def test_what_a_fetch_brought_is_remembered(tmp_path: Path) -> None:
    """The remote's branch has a name here."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0)))
        one.pusher.push()
        assert TRACKING in one.store.repository.references
        assert one.store.pushed_tip() == one.store.tip()
