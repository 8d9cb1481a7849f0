"""`tocsin oncall`: what people, programs and calendars are told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import orjson
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from tools.cli import main

FORMS = (
    "expected one such as 2026-12-24, 2026-12-24T09:00 (in the team's time zone, or in --timezone) "
    "or 2026-12-24T09:00:00Z, from 2000 to 2199"
)


def run(root: Path, *arguments: str) -> Result:
    """Runs the command on a repository."""
    return CliRunner().invoke(main, ["--root", str(root), "oncall", *arguments], catch_exceptions=False)


def lines(result: Result) -> list[list[str]]:
    """What was printed, as words, without empty lines."""
    return [line.split() for line in result.stdout.splitlines() if line.strip(" ─")]


def complete(root: Path, *words: str) -> list[str]:
    """What a shell is offered for the last word."""
    shell = ShellComplete(main, {}, "tocsin", "_TOCSIN_COMPLETE")
    return [item.value for item in shell.get_completions(["--root", str(root), "oncall", *words[:-1]], words[-1])]


def edit(root: Path, old: str, new: str, team: str = "payments") -> None:
    """Changes one place of a team's file."""
    file = root / "policies" / "teams" / f"{team}.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_time_shows_who_is_on_call_and_whom_a_page_reaches(mini: Path) -> None:
    """Each layer has a line with its person, the end of the shift and the next one; then the way of a page."""
    shown = run(mini, "--at", "2026-12-24T10:00", "--team", "payments")
    assert shown.exit_code == 0
    assert [" ".join(words) for words in lines(shown)] == [
        "payments at Thu 2026-12-24 10:00 Europe/Lisbon",
        "layer on call until next",
        "primary ben (override) Sun 2026-12-27 09:00 chi, Sun 2026-12-27 09:00",
        "office dee Thu 2026-12-24 17:00 dee, Fri 2026-12-25 09:00",
        "a page reaches ben (primary), after 3m ana",
    ]


def test_a_day_shows_all_of_its_shifts_whole(mini: Path) -> None:
    """A date without a time stands for the team's whole local day."""
    shown = run(mini, "--at", "2026-12-26", "--team", "payments")
    assert [" ".join(words) for words in lines(shown)] == [
        "payments, Sat 2026-12-26 00:00 to Sun 2026-12-27 00:00 Europe/Lisbon",
        "from to layer on call",
        "Thu 2026-12-24 09:00 Sun 2026-12-27 09:00 primary ben override",
    ]


def test_weeks_show_every_shift_in_the_zone_that_was_asked_for(mini: Path) -> None:
    """Times are read and shown in --timezone; --layer leaves the other layers out, and teams that lack it."""
    shown = run(mini, "--at", "2026-10-19T12:00", "--weeks", "2", "--team", "platform", "--timezone", "Asia/Tokyo")
    assert [" ".join(words) for words in lines(shown)] == [
        "platform, Mon 2026-10-19 12:00 to Mon 2026-11-02 12:00 Asia/Tokyo",
        "from to layer on call",
        "Wed 2026-10-14 17:00 Wed 2026-10-21 17:00 primary eli",
        "Wed 2026-10-21 17:00 Wed 2026-10-28 18:00 primary fay",
        "Wed 2026-10-28 18:00 Wed 2026-11-04 18:00 primary eli",
    ]
    assert "platform" not in run(mini, "--at", "2026-10-19", "--layer", "office").stdout


def test_a_person_sees_their_own_shifts(mini: Path) -> None:
    """--person shows one person's shifts of the teams they are in."""
    shown = run(mini, "--at", "2026-01-05T09:00", "--weeks", "4", "--person", "ana")
    assert [" ".join(words) for words in lines(shown)] == [
        "payments, Mon 2026-01-05 09:00 to Mon 2026-02-02 09:00 Europe/Lisbon",
        "from to layer on call",
        "Mon 2026-01-05 09:00 Mon 2026-01-12 09:00 primary ana",
        "Mon 2026-01-26 09:00 Mon 2026-02-02 09:00 primary ana",
    ]


def test_the_hour_that_comes_twice_is_told_apart(mini: Path) -> None:
    """When clocks go back, a time that has two meanings is shown with its offset."""
    edit(mini, '"monday 09:00", start: 2026-01-05, order: [ana', '"sunday 01:30", start: 2026-01-04, order: [ana')
    shown = run(mini, "--at", "2026-10-25T12:00", "--layer", "primary", "--team", "payments", "--weeks", "1")
    assert "Sun 2026-10-25 01:30 +0100" in shown.stdout


def test_programs_get_the_same_with_all_fields(mini: Path) -> None:
    """--json gives the layers, the next shifts and the escalation, with times in UTC."""
    shown = run(mini, "--at", "2026-07-04T10:00", "--team", "payments", "--json")
    assert orjson.loads(shown.stdout) == {
        "teams": [
            {
                "team": "payments",
                "timezone": "Europe/Lisbon",
                "at": "2026-07-04T09:00:00+00:00",
                "layers": [
                    {
                        "layer": "primary",
                        "who": "ben",
                        "since": "2026-06-29T08:00:00+00:00",
                        "until": "2026-07-06T08:00:00+00:00",
                        "override": False,
                        "next": {"who": "chi", "start": "2026-07-06T08:00:00+00:00"},
                    },
                    {
                        "layer": "office",
                        "who": None,
                        "since": None,
                        "until": None,
                        "override": False,
                        "next": {"who": "dee", "start": "2026-07-06T08:00:00+00:00"},
                    },
                ],
                "page": [
                    {"who": "ben", "layer": "primary", "after": "0s", "wait": "3m"},
                    {"who": "ana", "layer": None, "after": "3m", "wait": None},
                ],
            }
        ]
    }


def test_now_is_the_default(mini: Path) -> None:
    """Without --at the answer is for the present moment."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    (team,) = orjson.loads(run(mini, "--team", "platform", "--json").stdout)["teams"]
    assert before <= datetime.fromisoformat(team["at"]) <= datetime.now(UTC)


def test_the_check_proves_a_year_of_coverage(mini: Path) -> None:
    """A team with someone in every minute of 52 weeks passes."""
    shown = run(mini, "--check", "--at", "2026-02-02T00:00", "--team", "payments")
    assert shown.exit_code == 0
    assert shown.stdout == (
        "payments: covered in every minute, Mon 2026-02-02 00:00 to Mon 2027-02-01 00:00 Europe/Lisbon\n"
    )


def test_the_check_names_every_minute_that_nobody_has(mini: Path) -> None:
    """Gaps come with begin, end and length, and make the command fail."""
    edit(
        mini,
        'name: primary, every: 1w, handoff: "monday 09:00"',
        'name: primary, hours: "18:00-09:00", every: 1w, handoff: "monday 09:00"',
    )
    shown = run(mini, "--check", "--at", "2026-02-06T00:00", "--weeks", "1", "--team", "payments")
    assert shown.exit_code == 1
    assert shown.stdout == (
        "payments: 1380 minutes are not covered, Fri 2026-02-06 00:00 to Fri 2026-02-13 00:00 Europe/Lisbon\n"
        "  Fri 2026-02-06 17:00 to Fri 2026-02-06 18:00 (60 minutes): nobody is on call\n"
        "  Sat 2026-02-07 09:00 to Sat 2026-02-07 18:00 (540 minutes): nobody is on call\n"
        "  Sun 2026-02-08 09:00 to Sun 2026-02-08 18:00 (540 minutes): nobody is on call\n"
        "  Mon 2026-02-09 17:00 to Mon 2026-02-09 18:00 (60 minutes): nobody is on call\n"
        "  Tue 2026-02-10 17:00 to Tue 2026-02-10 18:00 (60 minutes): nobody is on call\n"
        "  Wed 2026-02-11 17:00 to Wed 2026-02-11 18:00 (60 minutes): nobody is on call\n"
        "  Thu 2026-02-12 17:00 to Thu 2026-02-12 18:00 (60 minutes): nobody is on call\n"
    )


def test_the_check_finds_pages_that_reach_nobody(mini: Path) -> None:
    """Someone is on call, but the escalation does not name their layer at that time."""
    edit(mini, "{notify: {layer: primary}, wait: 3m}", "{notify: {layer: office}, wait: 3m}")
    edit(mini, "  - {notify: {person: ana}}\n", "")
    shown = run(mini, "--check", "--at", "2026-02-06T12:00", "--weeks", "1", "--team", "payments", "--json")
    assert shown.exit_code == 1
    (team,) = orjson.loads(shown.stdout)["teams"]
    assert team["nobody_on_call"] == []
    assert team["escalation_reaches_nobody"][0] == {
        "start": "2026-02-06T17:00:00+00:00",
        "end": "2026-02-09T09:00:00+00:00",
        "minutes": 3840,
    }


def test_the_check_finds_a_team_without_layers(mini: Path) -> None:
    """A team that never wrote a rotation is not covered."""
    (mini / "policies" / "teams" / "legal.yaml").write_text(
        'team: legal\nslack: "#legal"\nmembers: [{name: lou, email: lou@example.com, timezone: UTC}]\n'
    )
    shown = run(mini, "--check", "--team", "legal")
    assert shown.exit_code == 1
    assert shown.stdout == "legal: no on_call layers; expected someone in every minute; add `on_call` to its file\n"


def test_the_calendar_is_valid_and_keeps_its_uids(mini: Path, tmp_path: Path) -> None:
    """The file is iCalendar that parses without complaint; a week later the same shifts have the same UIDs."""
    first, second = tmp_path / "first.ics", tmp_path / "second.ics"
    assert run(mini, "--at", "2026-10-19T12:00", "--weeks", "3", "--ics", str(first)).output == ""
    assert run(mini, "--at", "2026-10-26T12:00", "--weeks", "3", "--ics", str(second)).output == ""
    data = first.read_bytes()
    assert data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 75
    one, two = (icalendar.Calendar.from_ical(file.read_bytes()) for file in (first, second))
    assert one.errors == []
    events = {str(event["uid"]): event for event in one.walk("VEVENT")}
    assert len(events) == len(one.walk("VEVENT"))
    for event in events.values():
        assert event.errors == []
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(event)
        assert event["DTSTART"].dt < event["DTEND"].dt
        assert event["DTSTART"].dt.utcoffset() == timedelta(0)
    shared = set(events) & {str(event["uid"]) for event in two.walk("VEVENT")}
    assert "payments.primary.20261026T090000Z@oncall.tocsin" in shared
    event = events["payments.primary.20261026T090000Z@oncall.tocsin"]
    assert str(event["summary"]) == "ana is on call for payments (primary)"
    assert event["DTEND"].dt == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_calendar_goes_to_standard_output_without_a_file(mini: Path) -> None:
    """--ics alone prints the calendar, so that it can be piped."""
    shown = run(mini, "--team", "payments", "--at", "2026-12-24T10:00", "--weeks", "1", "--ics")
    calendar = icalendar.Calendar.from_ical(shown.stdout_bytes)
    assert {str(event.get("description", "")) for event in calendar.walk("VEVENT")} == {"", "By an override."}


def test_a_calendar_that_cannot_be_written_says_so(mini: Path, tmp_path: Path) -> None:
    """A folder that is not there ends the command with status 1, and nothing is left behind."""
    target = tmp_path / "absent" / "rota.ics"
    shown = run(mini, "--ics", str(target))
    assert shown.exit_code == 1
    assert shown.stderr == (
        f"{target}: the calendar cannot be written (No such file or directory); expected a folder that you may write\n"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--team", "plaform"),
            "no team is called 'plaform'; expected one of payments, platform; did you mean platform?",
        ),
        (("--layer", "prime"), "no layer is called 'prime'; expected one of office, primary; did you mean primary?"),
        (
            ("--person", "zoe", "--team", "platform"),
            "no person is called 'zoe'; expected one of eli, fay",
        ),
        (("--at", "tomorrow"), f"Invalid value for '--at': 'tomorrow' is not a date or time; {FORMS}"),
        (("--at", "1500-01-01"), f"Invalid value for '--at': '1500-01-01' is not a date or time; {FORMS}"),
        (
            ("--timezone", "Europe/Lisboa"),
            (
                "Invalid value for '--timezone': 'Europe/Lisboa' is not a time zone; "
                "expected an IANA name such as Europe/Lisbon or UTC"
            ),
        ),
        (("--weeks", "0"), "Invalid value for '--weeks': 0 is not in the range 1<=x<=520."),
        (("--ics", "--check"), "--ics writes a calendar; expected neither --check nor --json with it"),
        (
            ("--check", "--layer", "primary"),
            "--check looks at a whole team; expected neither --layer nor --person with it",
        ),
    ],
)
def test_wrong_usage_is_explained(mini: Path, arguments: tuple[str, ...], says: str) -> None:
    """Unknown names and options that contradict each other end with status 2 and the way out."""
    shown = run(mini, *arguments)
    assert shown.exit_code == 2
    assert shown.stderr.splitlines()[-1] == f"Error: {says}"


def test_mistakes_in_a_team_file_are_reported_with_their_line(mini: Path) -> None:
    """A rotation that cannot be read is a mistake of its file; other teams can still be asked about."""
    edit(mini, 'hours: "mon-fri 09:00-17:00"', 'hours: "9 to 5"')
    shown = run(mini)
    assert shown.exit_code == 1
    assert shown.stderr.startswith("policies/teams/payments.yaml:12: team payments: on_call.layers.office.hours: ")
    assert run(mini, "--team", "platform").exit_code == 0


def test_shells_complete_names(mini: Path) -> None:
    """Teams, layers, people and time zones are offered as far as they are typed."""
    assert complete(mini, "--team", "") == ["payments", "platform"]
    assert complete(mini, "--layer", "o") == ["office"]
    assert complete(mini, "--person", "e") == ["eli"]
    assert complete(mini, "--timezone", "Europe/Lis") == ["Europe/Lisbon"]
