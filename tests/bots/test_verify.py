"""A clone proves the records; every kind of tampering is found."""

from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from bots import records
from bots.store import BRANCH
from bots.timeline.event import Event
from bots.timeline.intake import Denial
from bots.timeline.redaction import hide_text, redacted_event
from bots.verify import Proof, verify
from tests.bots.office import TEN, alert, at, command, delivery
from tests.bots.vault import Vault, vault

_FOLDER = "incidents/2026/01/INC-1"
_FIX = "restore it from the history with `git revert`, or redact with `tocsin records redact`"
_ANEW = "write it anew from the timeline: any change of the incident by the bot does"


@pytest.fixture
def sound(tmp_path: Path) -> Vault:
    """Some incidents and a denied command, in a store that the test may harm."""
    with vault(tmp_path / "state") as one:
        one.take(delivery(alert("Broken", 0), alert("Other", 0, service="cart")))
        one.take(command("note", received=2, text="the token is hunter2"))
        one.take(
            delivery(alert("Broken", 0, 7)), Denial(key="k", received_at=TEN, by="eve", command="ack", reason="no")
        )
    return one


def _harm(one: Vault, change: Callable[[dict[str, bytes]], None], base: str | None = None) -> Proof:
    """A commit on the branch with some files changed, and what the proof says."""
    repository = pygit2.Repository(str(one.store.path))
    parent = repository.revparse_single(base or BRANCH).id
    index = pygit2.Index()
    index.read_tree(repository[parent].tree)
    found = {entry.path: bytes(repository[entry.id].data) for entry in index}
    before = dict(found)
    change(found)
    for path in before.keys() - found.keys():
        index.remove(path)
    for path, text in found.items():
        if before.get(path) != text:
            index.add(pygit2.IndexEntry(path, repository.create_blob(text), pygit2.enums.FileMode.BLOB))
    who = pygit2.Signature("eve", "eve@example.com")
    tip = repository.create_commit(None, who, who, "tampered", index.write_tree(repository), [parent])
    return verify(repository, tip)


def _said(proof: Proof) -> list[str]:
    return [str(problem) for problem in proof.problems]


def _edit(path: str, old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        assert old.encode() in files[path]
        files[path] = files[path].replace(old.encode(), new.encode(), 1)

    return change


def test_what_the_bot_wrote_is_proved(sound: Vault) -> None:
    """Incidents, events and commits are counted."""
    repository = pygit2.Repository(str(sound.store.path))
    proof = verify(repository, repository.references[BRANCH].peel().id)
    assert (_said(proof), proof.incidents, proof.commits) == ([], 2, 3)
    assert proof.events == 7


def test_a_state_that_does_not_follow_is_found(sound: Vault) -> None:
    """With its line."""
    proof = _harm(sound, _edit(f"{_FOLDER}/incident.yaml", "status: resolved", "status: closed"))
    expected = "expected what follows from the timeline, byte for byte"
    assert _said(proof) == [f"{_FOLDER}/incident.yaml:7: incident.yaml: differs; {expected}; {_ANEW}"]


def test_a_page_that_does_not_follow_is_found(sound: Vault) -> None:
    """Byte for byte."""
    proof = _harm(sound, _edit(f"{_FOLDER}/README.md", "hunter2", "hunter3"))
    assert [problem.object for problem in proof.problems] == ["README.md"]


def test_every_mistake_is_told_at_once(sound: Vault) -> None:
    """A missing page, a stray file, a wrong state."""

    def change(files: dict[str, bytes]) -> None:
        del files[f"{_FOLDER}/README.md"]
        files["policies/access.yaml"] = b"roles: {}\n"
        files["incidents/2026/01/INC-2/extra.txt"] = b"x"
        _edit("incidents/2026/01/INC-2/incident.yaml", "team: payments", "team: others")(files)

    stray = (
        "file: not a record; expected only files of incidents/<year>/<month>/INC-<n>/ and "
        "audit/<year>/<month>/<day>.yaml; take it out of the branch"
    )
    follows = "expected what follows from the timeline, byte for byte"
    assert _said(_harm(sound, change)) == [
        f"{_FOLDER}/README.md:1: README.md: missing; expected it beside the timeline; {_ANEW}",
        f"incidents/2026/01/INC-2/extra.txt:1: {stray}",
        f"incidents/2026/01/INC-2/incident.yaml:5: incident.yaml: differs; {follows}; {_ANEW}",
        f"policies/access.yaml:1: {stray}",
    ]


def _rewritten(change: Callable[[list[Event]], list[Event]]) -> Callable[[dict[str, bytes]], None]:
    """The incident's files made anew from a changed timeline, as a careful forger would."""

    def harm(files: dict[str, bytes]) -> None:
        from bots.incident import History

        events = change(list(records.read_timeline(files[f"{_FOLDER}/timeline.yaml"])))
        for name, text in records.files(History.of(events)).items():
            files[f"{_FOLDER}/{name}"] = text

    return harm


def test_a_note_that_was_changed_is_found_in_the_history(sound: Vault) -> None:
    """Though state and page follow from it."""
    from dataclasses import replace

    def change(events: list[Event]) -> list[Event]:
        return [replace(e, data={**e.data, "text": "all fine"}) if e.kind == "noted" else e for e in events]

    (problem,) = _harm(sound, _rewritten(change)).problems
    assert problem.wrong.endswith(" was changed")
    assert (problem.file, problem.expected, problem.fix) == (
        f"{_FOLDER}/timeline.yaml",
        "expected events only to be added",
        _FIX,
    )


def test_an_event_that_was_taken_out_is_found_in_the_history(sound: Vault) -> None:
    """And so is one that was put between others."""
    proof = _harm(sound, _rewritten(lambda events: [event for event in events if event.kind != "noted"]))
    assert any(problem.wrong.endswith(" was taken out") for problem in proof.problems)
    proof = _harm(sound, _rewritten(lambda events: [events[0], *events[2:], events[1]]))
    assert proof.problems


def test_a_time_of_an_alert_that_was_changed_is_found_by_its_key(sound: Vault) -> None:
    """Even without history."""
    proof = _harm(
        sound, _edit(f"{_FOLDER}/timeline.yaml", "starts_at: 2026-01-05T10:00:00Z", "starts_at: 2026-01-05T09:00:00Z")
    )
    assert any(
        problem.expected.endswith("the hash of its place, fingerprint, status and times") for problem in proof.problems
    )


def test_a_redaction_that_says_so_is_fine(sound: Vault) -> None:
    """The event stays, its text goes."""

    def change(events: list[Event]) -> list[Event]:
        hidden = hide_text(events, "hunter2")
        return [*hidden.events, redacted_event(1, hidden.ids, reason="a password", by="ana", at=at(90))]

    assert _said(_harm(sound, _rewritten(change))) == []


def test_a_redaction_that_hides_more_than_text_is_found(sound: Vault) -> None:
    """Times and verdicts cannot be redacted."""
    from dataclasses import replace

    def change(events: list[Event]) -> list[Event]:
        changed = [replace(event, at=at(1)) if event.kind == "noted" else event for event in events]
        ids = [event.id for event in events if event.kind == "noted"]
        return [*changed, redacted_event(1, ids, reason="a password", by="ana", at=at(90))]

    assert any(problem.wrong.endswith(" was changed") for problem in _harm(sound, _rewritten(change)).problems)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("kind: noted", "kind: nonsense", "event 3: kind: got 'nonsense'; expected one of opened"),
        ("  text: ", "  text:   ", "line 35: got '  text:"),
        (
            "kind: opened",
            "kind: reopened",
            "event 1: incident: unknown; expected only v, id, at, by, kind, key, source, note",
        ),
        ("incident: 1\n", "incident: 9\n", "in the wrong folder"),
        ("- v: 1\n", "- v: 2\n", "event 1: v: got 2; expected 1"),
    ],
)
def test_a_timeline_that_is_none_is_told(sound: Vault, old: str, new: str, wrong: str) -> None:
    """What is wrong with which event."""
    proof = _harm(sound, _edit(f"{_FOLDER}/timeline.yaml", old, new))
    assert any(problem.wrong.startswith(wrong) for problem in proof.problems), _said(proof)


def test_the_same_event_twice_is_found(sound: Vault) -> None:
    """A key is there once."""

    def change(files: dict[str, bytes]) -> None:
        files[f"{_FOLDER}/timeline.yaml"] += files[f"{_FOLDER}/timeline.yaml"]

    assert {"twice", "opened twice"} <= {problem.wrong for problem in _harm(sound, change).problems}


def test_the_same_number_twice_is_found(sound: Vault) -> None:
    """In two months."""

    def change(files: dict[str, bytes]) -> None:
        for path in list(files):
            if path.startswith(_FOLDER):
                files[path.replace("/01/", "/02/")] = files[path]

    said = {problem.wrong for problem in _harm(sound, change).problems}
    assert {f"INC-1 is also in {_FOLDER}/timeline.yaml", "in the wrong folder"} <= said


def test_an_incident_that_was_taken_away_is_found(sound: Vault) -> None:
    """The history remembers."""

    def change(files: dict[str, bytes]) -> None:
        for path in list(files):
            if path.startswith(_FOLDER):
                del files[path]

    assert [(problem.file, problem.wrong) for problem in _harm(sound, change).problems] == [
        (f"{_FOLDER}/timeline.yaml", "taken away")
    ]


def test_an_audit_trail_that_was_changed_is_found(sound: Vault) -> None:
    """By its day, its form and its history."""
    assert _harm(sound, _edit("audit/2026/01/05.yaml", "by: eve", "by: ana")).problems

    def move(files: dict[str, bytes]) -> None:
        files["audit/2026/01/06.yaml"] = files.pop("audit/2026/01/05.yaml")

    said = {problem.wrong for problem in _harm(sound, move).problems}
    assert said == {"taken away", "of another day"}


def test_an_empty_or_missing_timeline_is_found(sound: Vault) -> None:
    """A folder alone is no incident."""

    def empty(files: dict[str, bytes]) -> None:
        files[f"{_FOLDER}/timeline.yaml"] = b""

    def missing(files: dict[str, bytes]) -> None:
        del files[f"{_FOLDER}/timeline.yaml"]

    assert "empty" in {problem.wrong for problem in _harm(sound, empty).problems}
    assert "missing" in {problem.wrong for problem in _harm(sound, missing).problems}


def test_a_merge_is_found(sound: Vault) -> None:
    """The bot never makes one."""
    repository = pygit2.Repository(str(sound.store.path))
    tip = repository.references[BRANCH].peel()
    who = pygit2.Signature("eve", "eve@example.com")
    parents = [tip.id, tip.parents[0].id]
    merge = repository.create_commit(None, who, who, "merge", tip.tree.id, parents)
    assert [problem.wrong for problem in verify(repository, merge).problems] == ["a merge"]
