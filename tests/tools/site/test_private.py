"""Whatever an incident's record holds, the public sees what somebody marked, and nothing else."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

from bots.timeline.event import Event, Kind
from bots.timeline.event_fields import FIELDS
from tests.tools.report.stories import Archive, Story, after, postmortem
from tests.tools.site.company import AT, build

# What cannot be any text: states and numbers that the rest of the record has to agree with.
_FIXED: Final[dict[str, Any]] = {
    "priority": "P0",
    "verdict": "actionable",
    "outcome": "succeeded",
    "attempt": 1,
    "exit_code": 3,
    "step": 2,
    "moved_to": None,
    "formerly": None,
    "incident": None,
    "duplicate_of": None,
    "public": None,
}
_KINDS: Final = (
    *(Kind.ACKNOWLEDGED, Kind.ASSIGNED, Kind.ROLE_ASSIGNED, Kind.NOTED, Kind.PRIORITY_CHANGED, Kind.LINKED),
    *(Kind.REMEDIATION_REQUESTED, Kind.REMEDIATION_APPROVED, Kind.REMEDIATION_STARTED, Kind.REMEDIATION_FINISHED),
    *(Kind.MITIGATED, Kind.RESOLVED, Kind.REOPENED, Kind.AMENDED, Kind.REDACTED, Kind.CLOSED),
)


def _secret(numbers: Iterator[int]) -> str:
    return f"hush{next(numbers)}"


def _value(name: str, words: str, numbers: Iterator[int]) -> Any:
    if name in _FIXED:
        return _FIXED[name]
    if "a time" in words:
        return "2026-02-24T00:09:00Z"
    if "true" in words:
        return True
    if "mapping" in words:
        return {_secret(numbers): _secret(numbers)}
    if "list" in words:
        return [_secret(numbers)]
    return f"https://{_secret(numbers)}.example/" if name == "url" else _secret(numbers)


def _events(story: Story) -> Iterator[Event]:
    """One of each kind, with a secret in each field that takes one."""
    numbers = count(1)
    for minutes, kind in enumerate(_KINDS, start=10):
        wanted = {**FIELDS.needed[kind.value], **FIELDS.optional.get(kind.value, {})}
        data = {name: _value(name, field.words, numbers) for name, field in wanted.items()}
        kept = {name: value for name, value in data.items() if value is not None}
        event = replace(story.event(kind, minutes), data=kept, by=_secret(numbers), source=_secret(numbers))
        assert Event.from_dict(event.to_dict()) == event
        yield event


def test_no_field_of_any_event_is_public(tmp_path: Path) -> None:
    """Of an outage with one public note, in pages, feed, titles and addresses."""
    story = Story(number=1, started=after(1), priority="P0", alert="Hush")
    public = story.event(Kind.NOTED, 5, by="hush", text="Some orders fail.", public=True)
    archive = Archive(tmp_path / "a.git").record(replace(story, extra=[public, *_events(story)]))
    archive.publish(postmortem(1, text="hush", public="public: false"), AT)
    folder = build(archive, tmp_path / "site")
    text = "".join(f"{path}\n{path.read_text()}" for path in folder.rglob("*") if path.is_file())
    assert "Some orders fail." in text
    assert re.findall(r"(?i).{0,40}hush.{0,40}", text) == []
