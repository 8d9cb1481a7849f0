"""`tocsin report`: a week from the records, as people and programs read it."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from alerting.policy import load
from tests.tools.report.stories import Archive, Story, after, postmortem
from tools.cli import main

MINI = Path(__file__).parents[2] / "data" / "mini"
HOSTILE = "x\x01\x1f\ufffe\u202e | @ana <b> [a](http://e) `c` <!-- --> #1" + "W" * 60


def run(where: Path | str, *arguments: str, root: Path = MINI, at: str = "2026-03-05T08:00:00Z") -> Result:
    """Runs the command."""
    command = ["--root", str(root), "report", "--records", str(where), "--at", at]
    return CliRunner().invoke(main, [*command, *arguments])


def two_weeks() -> list[Story]:
    """Incidents of two weeks, of every kind."""
    return [
        Story(number=1, started=after(-6), began=2, acknowledged=3, resolved=40, verdict="actionable"),
        Story(number=2, started=after(0.5), began=1, acknowledged=2, resolved=30, verdict="actionable", priority="P0"),
        Story(number=3, started=after(2), acknowledged=6, resolved=20, verdict="noise", alert="SlowRequests", times=2),
        Story(number=4, started=after(3), service="cart", attempts=[("restart_deployment", "succeeded")], resolved=8),
        Story(number=5, started=after(4), drill=True, resolved=3),
        Story(number=6, started=after(5), resolved=3, verdict="duplicate", duplicate_of=4),
        Story(number=7, started=after(6.5), priority="P2"),
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Their records, and one postmortem in time."""
    found = Archive(tmp_path / "a.git").record(*two_weeks())
    return found.publish({"README.md": "x"}, after(-90)).publish(postmortem(2), after(2))


def test_the_page_is_its_golden_file(archive: Archive, tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    """All of it, beside the charts that there is something to show of."""
    out = tmp_path / "out"
    result = run(archive.path, "--week", "2026-W09", "--out", str(out))
    assert result.exit_code == 0, result.output
    golden("report/report.md", (out / "report.md").read_text())
    for path in sorted(out.glob("*.svg")):
        golden(f"report/{path.name}", path.read_text())
    assert sorted(path.name for path in out.iterdir()) == [
        *("acknowledge.svg", "alerts.svg", "detect.svg", "incidents.svg", "noise.svg", "report.md", "resolve.svg"),
    ]
    told = "Week 2026-W09: 23 February to 1 March 2026. 4 incidents; missed: Postmortems in time.\n"
    assert result.stdout == told


def test_the_same_records_make_the_same_bytes(archive: Archive, tmp_path: Path) -> None:
    """Whenever it is written, and wherever the records are read from."""
    for name, where in (("a", str(archive.path)), ("b", f"file://{archive.path}")):
        assert run(where, "--week", "2026-W09", "--out", str(tmp_path / name)).exit_code == 0
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "b").iterdir())
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_the_numbers_for_programs(archive: Archive) -> None:
    """What is not known is null."""
    found: dict[str, Any] = orjson.loads(run(archive.path, "--week", "2026-W09", "--json").stdout)
    numbers = {name: (one["week"]["value"], one["week"]["n"], one["met"]) for name, one in found["numbers"].items()}
    assert numbers == {
        "time_to_detect": (60, 1, True),
        "time_to_acknowledge": (240, 2, True),
        "time_to_resolve": (1140, 2, None),
        "false_pages": (2, 6, True),
        "noise": (0.5, 4, None),
        "postmortems": (0.5, 2, False),
        "remediations": (1, 1, True),
    }
    assert found["numbers"]["time_to_detect"]["before"] == {"value": 120, "p90": 120, "n": 1, "unknown": 0}
    assert [one["id"] for one in found["incidents"]] == ["INC-2", "INC-3", "INC-4", "INC-7"]
    assert (found["drills"], found["duplicates"], found["objectives"]) == (1, 1, None)
    assert [(one["incident"], one["state"]) for one in found["postmortems"]] == [
        ("INC-1", "overdue"),
        ("INC-4", "overdue"),
    ]


def test_without_a_week_it_is_the_last_one_that_is_over(archive: Archive) -> None:
    """Also for `--week` alone."""
    for arguments in ((), ("--week",)):
        assert orjson.loads(run(archive.path, *arguments, "--json").stdout)["week"] == "2026-W09"


def test_a_week_that_goes_on_says_so(archive: Archive, tmp_path: Path) -> None:
    """Its numbers are those until now."""
    run(archive.path, "--week", "2026-02-25", "--out", str(tmp_path / "o"), at="2026-02-25T12:00:00Z")
    text = (tmp_path / "o" / "report.md").read_text()
    assert "The week goes on; this is how it stood on 2026-02-25 12:00:00 UTC." in text


def test_what_nobody_knows_is_said_to_be_unknown(tmp_path: Path) -> None:
    """Without incidents, a main branch, and a Prometheus."""
    empty = Archive(tmp_path / "a.git").record(Story(number=1, started=after(-60)))
    result = run(empty.path, "--week", "2026-W09", "--out", str(tmp_path / "o"))
    text = (tmp_path / "o" / "report.md").read_text()
    assert result.exit_code == 0
    assert "| Time to detect | no data | – | none | no data | no data | < 2 min | not known |" in text
    assert "| Time to resolve | no data | – | none | no data | no data | – | – |" in text
    assert "Nobody knows which are complete: the main branch is not there." in text
    assert "No data: no Prometheus was named." in text


def test_texts_of_incidents_cannot_break_the_page(tmp_path: Path) -> None:
    """Neither tables nor mentions nor pictures; SVG files stay well-formed."""
    story = Story(
        number=1, started=after(1), service=HOSTILE, team=HOSTILE, alert=HOSTILE, verdict="noise", resolved=4,
        attempts=[(HOSTILE, "succeeded")],
    )  # fmt: skip
    archive = Archive(tmp_path / "a.git").record(story).publish({"a": "b"}, after(0))
    out = tmp_path / "o"
    assert run(archive.path, "--week", "2026-W09", "--out", str(out)).exit_code == 0
    text = (out / "report.md").read_text()
    assert not re.search(r"@ana|<b>|<!--|[^\\]\[a\]|#1\b", text)
    rows = [line for line in text.splitlines() if "INC-1" in line]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [10]
    assert {path.name for path in out.glob("*.svg")} == {"alerts.svg", "incidents.svg", "noise.svg"}
    for path in out.glob("*.svg"):
        assert "\u202e" not in path.read_text()
        root = ET.fromstring(path.read_bytes())
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
            *("svg", "title", "desc", "style", "rect", "path", "text", "circle"),
        }


def test_a_baseline_is_stored_and_measured_against(tmp_path: Path, mini: Path) -> None:
    """One line of severity.yaml changes, and the next report has a target."""
    stories = [Story(number=n, started=after(n / 2), resolved=20 + n) for n in range(1, 8)]
    archive = Archive(tmp_path / "a.git").record(*stories)
    place = mini / "policies" / "severity.yaml"
    before = place.read_text()
    result = run(archive.path, "--week", "2026-W09", "--set-baseline", root=mini)
    assert result.stdout == ("policies/severity.yaml: baseline 24m, the median of 7 incidents until 2026-03-01\n")
    line = "baseline: {time_to_resolve: 24m, until: 2026-03-01, incidents: 7}\n"
    assert place.read_text() == before + line
    assert load(mini).severity.baseline is not None
    place.write_text("baseline:\n  time_to_resolve: 90m\n  until: 2025-03-01\n  incidents: 9\n# kept\n" + before)
    run(archive.path, "--week", "2026-W09", "--set-baseline", root=mini)
    assert place.read_text() == line + "# kept\n" + before
    found = orjson.loads(run(archive.path, "--week", "2026-W09", "--json", root=mini).stdout)["numbers"][
        "time_to_resolve"
    ]
    assert (found["goal"], found["met"]) == ({"operator": "<", "value": 0.7 * 1440}, False)


def test_too_few_incidents_make_no_baseline(tmp_path: Path, mini: Path) -> None:
    """And the file stays as it is."""
    archive = Archive(tmp_path / "a.git").record(Story(number=1, started=after(1), resolved=5))
    before = (mini / "policies" / "severity.yaml").read_text()
    result = run(archive.path, "--week", "2026-W09", "--set-baseline", root=mini)
    assert (result.exit_code, result.stderr) == (
        1,
        (
            "Error: 1 incidents were resolved in the 4 weeks up to 2026-W09; expected at least 5: "
            "a median of fewer is chance; choose another week\n"
        ),
    )
    assert (mini / "policies" / "severity.yaml").read_text() == before


def test_a_week_that_goes_on_makes_no_baseline(tmp_path: Path, mini: Path) -> None:
    """It would be measured against incidents of its own."""
    archive = Archive(tmp_path / "a.git").record(*[Story(number=n, started=after(1), resolved=5) for n in range(1, 8)])
    result = run(archive.path, "--week", "2026-W10", "--set-baseline", root=mini)
    assert (result.exit_code, result.stderr) == (
        1,
        (
            "Error: 2026-W10 is not over; expected a week that is, such as 2026-W09: "
            "later incidents would be compared with themselves\n"
        ),
    )


def test_where_there_are_no_records_it_is_said(tmp_path: Path) -> None:
    """With what to do: a folder that is no clone, a clone without the branch, an address without it."""
    assert run(tmp_path).stderr == (
        f"Error: {tmp_path}: not in a git repository; expected a clone with the branch records; name one\n"
    )
    archive = Archive(tmp_path / "a.git").publish({"a": "b"}, after(0))
    assert run(archive.path).stderr == (
        f"Error: {archive.path}: no branch records; fetch it with `git fetch origin records:records`; "
        "the bot makes it with the first incident\n"
    )
    assert run(f"file://{archive.path}").stderr == (
        f"Error: file://{archive.path}: no branch records; expected the repository that the bot pushes to\n"
    )


def test_wrong_usage_ends_with_status_2(archive: Archive) -> None:
    """A week that is none, one that has not begun, two uses at once."""
    assert run(archive.path, "--week", "2026-W60").exit_code == 2
    future = run(archive.path, "--week", "2026-W20")
    assert future.exit_code == 2
    assert "2026-W20 has not begun; expected a week that has; the last one is 2026-W10" in future.stderr
    assert run(archive.path, "--json", "--post").exit_code == 2


def test_damaged_records_are_named(tmp_path: Path) -> None:
    """The file, and the command that names all mistakes."""
    archive = Archive(tmp_path / "a.git").record(Story(number=1, started=after(1)))
    archive._commit("refs/heads/records", {"incidents/2026/02/INC-1/incident.yaml": b"v: 1\nid: INC-1\n"}, after(2))
    assert run(archive.path).stderr == (
        "Error: incidents/2026/02/INC-1/incident.yaml: 'title'; `tocsin records verify` names all mistakes\n"
    )
