"""`tocsin site`: what the public sees, and what it does not."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag

import pytest

from bots.event import Kind
from tests.history import Series, prometheus_with
from tests.tools.report.stories import Archive, Story, after, postmortem
from tests.tools.site.company import AT, MINI, URL, build, company, run, stories
from tools.site.course import ninety
from tools.site.level import Level
from tools.site.published import Published

HOSTILE = "<script>alert(1)</script> & \"quoted\" '<b>' \x0b ]]>"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Records of the company, and two published postmortems."""
    found = Archive(tmp_path / "a.git").record(*stories())
    return found.publish({**postmortem(2), **postmortem(6), **postmortem(1, "review")}, AT)


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def files(folder: Path) -> dict[str, str]:
    """The text of every file by its path."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_only_what_users_notice_or_a_person_made_public_is_there(archive: Archive, tmp_path: Path) -> None:
    """Not drills, noise, duplicates, tickets without a note, services that are not shown, or what is too old."""
    site = files(build(archive, tmp_path / "site"))
    pages = sorted(int(found[1]) for path in site if (found := re.fullmatch(r"incidents/INC-(\d+)\.html", path)))
    assert pages == [1, 2, 3, 4, 5]
    assert [path for path in site if path.startswith("postmortems/")] == ["postmortems/INC-2.html"]
    assert sorted(path for path in site if path.startswith("history/")) == [
        *("history/2026-01.html", "history/2026-02.html", "history/2026-03.html"),
    ]


def test_nothing_private_is_in_any_file(archive: Archive, tmp_path: Path) -> None:
    """No title, alert, label, team, person, other note, verdict, or key of an event."""
    text = "\n".join(files(build(archive, tmp_path / "site")).values())
    private = ("secret", "HighErrorRate", "payments", "platform", "ana", "is in trouble", "actionable", "tocsin")
    for word in (*private, "severity", "restart"):
        assert not re.search(rf"\b{word}\b", text.replace(".tocsin-site", "")), word


def test_a_public_note_that_was_taken_back_is_gone(tmp_path: Path) -> None:
    """Redacted or amended: neither the old text nor the new one is public."""
    story = Story(number=1, started=after(1), priority="P0")
    notes = [story.event(Kind.NOTED, number, text=f"note {number} here", public=True) for number in (1, 2, 3)]
    story = Story(
        number=1, started=after(1), priority="P0",
        extra=[
            *notes,
            story.event(Kind.REDACTED, 5, redacts=[notes[0].id], reason="leak"),
            story.event(Kind.AMENDED, 6, amends=[notes[1].id], text="amended text"),
        ],
    )  # fmt: skip
    site = files(build(Archive(tmp_path / "a.git").record(story), tmp_path / "site"))
    page = site["incidents/INC-1.html"]
    assert "note 3 here" in page
    assert not re.search("note [12] here|amended text", "".join(site.values()))


def test_text_from_outside_is_only_text(tmp_path: Path) -> None:
    """In pages and in the feed; a note's address is a link only if it is one of the web."""
    note = {"text": HOSTILE, "public": True, "url": "javascript:alert(1)"}
    archive = Archive(tmp_path / "a.git").record(
        Story(number=1, started=after(1), priority="P0", resolved=9, notes=[note])
    )
    text = f"<script>alert(1)</script> [a](javascript:alert(1)) [b](../x.html) ![c](https://e/x.png)\n\n# {HOSTILE}\n"
    archive.publish(postmortem(1, text=text), AT)
    site = files(build(archive, tmp_path / "site"))
    for page in (text for path, text in site.items() if path.endswith(".html")):
        assert not re.search(r"<script|<b>|javascript:alert\(1\)\"|<img", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;quoted&#34;" in site["incidents/INC-1.html"]
    assert "javascript:" not in site["incidents/INC-1.html"]
    item = ET.fromstring(site["feed.xml"]).find("channel/item/description")
    assert item is not None
    assert "<script>alert(1)</script> & \"quoted\" '<b>' \ufffd ]]>" in (item.text or "")


def test_every_link_leads_to_a_file(archive: Archive, tmp_path: Path) -> None:
    """From every page, also below a path of a host."""
    folder = build(archive, tmp_path / "site")
    for path, text in files(folder).items():
        for link in _Links(text).found if path.endswith(".html") else ():
            target = urldefrag(link).url
            if target and not re.match("[a-z]+:", target):
                assert ((folder / path).parent / target).resolve().is_file(), f"{path}: {link}"


def test_the_feed_is_valid_rss(archive: Archive, tmp_path: Path) -> None:
    """What the specification asks for, with addresses of pages that are there; the newest news first."""
    folder = build(archive, tmp_path / "site")
    rss = ET.fromstring((folder / "feed.xml").read_bytes())
    channel = rss.find("channel")
    assert (rss.tag, rss.get("version")) == ("rss", "2.0")
    assert channel is not None
    assert [element.tag for element in channel][:4] == ["title", "link", "description", "lastBuildDate"]
    assert channel.findtext("link") == f"{URL}/"
    items = channel.findall("item")
    assert [item.findtext("title") for item in items] == [
        "Checkout: outage (being worked on)",
        "Cart: degraded (investigating)",
        "Checkout: notice (resolved)",
        "Checkout: outage (resolved)",
        "Checkout: degraded (resolved)",
    ]
    for item in items:
        link = str(item.findtext("link"))
        assert (folder / link.removeprefix(f"{URL}/")).is_file()
        assert parsedate_to_datetime(str(item.findtext("pubDate"))) <= AT
    guids = [item.findtext("guid") for item in items]
    assert len(set(guids)) == len(guids)
    assert {guid.get("isPermaLink") for item in items if (guid := item.find("guid")) is not None} == {"false"}


def test_the_same_records_make_the_same_bytes(archive: Archive, tmp_path: Path) -> None:
    """And what an earlier run left is gone."""
    folder = build(archive, tmp_path / "site")
    before = files(folder)
    (folder / "incidents" / "INC-99.html").write_text("old")
    assert files(build(archive, tmp_path / "site")) == before


def test_a_folder_of_somebody_else_is_left_alone(archive: Archive, tmp_path: Path) -> None:
    """Nothing is deleted that this command has not made."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mine").write_text("x")
    result = run(archive, tmp_path / "site")
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: {tmp_path / 'site'}: not empty and not made by this command; expected an empty one; --out\n",
    )
    assert (tmp_path / "site" / "mine").exists()


def test_without_an_address_there_is_no_feed(archive: Archive, tmp_path: Path) -> None:
    """And it is said."""
    result = run(archive, tmp_path / "site", url="")
    told = "2 services, 5 incidents, 1 postmortem; no RSS feed: name the site's address with --url"
    assert result.stderr == f"{tmp_path / 'site'}: {told}\n"
    assert not (tmp_path / "site" / "feed.xml").exists()
    assert "RSS" not in (tmp_path / "site" / "index.html").read_text()


def test_a_company_without_public_services_has_no_page(archive: Archive, tmp_path: Path) -> None:
    """It says what to add."""
    from click.testing import CliRunner

    from tools.cli import main

    command = ["--root", str(MINI), "site", "--records", str(archive.path), "--out", str(tmp_path / "site")]
    assert CliRunner().invoke(main, command).stderr == (
        "Error: no service is on the status page; expected one with `status_page: {title: ...}` in policies/services/\n"
    )


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that knows two budgets of checkout, and one of a service that is not shown."""
    times = [AT - timedelta(seconds=60 * number) for number in range(30)]
    series = [
        Series(name=name, labels={"service": service, "slo": slo}, samples=[(at, value) for at in reversed(times)])
        for service, slo, left in (
            ("checkout", "availability", 0.42),
            ("checkout", "latency", -0.1),
            ("platform", "hidden", 0.9),
        )
        for name, value in (("slo:error_budget:remaining_ratio", left), ("slo:objective:ratio", 0.999))
    ]
    with prometheus_with(series, tmp_path_factory.mktemp("budgets")) as url:
        yield url


def test_error_budgets_are_those_of_prometheus(archive: Archive, tmp_path: Path, prometheus: str) -> None:
    """Of the shown services only; without an answer the page says that they are left out."""
    page = files(build(archive, tmp_path / "site", "--prometheus", prometheus))["index.html"]
    assert "42 % of the error budget left" in page
    assert '<dd class="outage">-10 % of the error budget left</dd>' in page
    assert "hidden" not in page
    assert "not shown" not in page
    result = run(archive, tmp_path / "site", "--prometheus", "http://127.0.0.1:9")
    assert result.exit_code == 0
    assert result.stderr.startswith("no error budgets: Prometheus did not answer: http://127.0.0.1:9: ")
    assert "Error budgets are not shown" in (tmp_path / "site" / "index.html").read_text()


def _incident(number: int, start: datetime, end: datetime | None, level: Level = Level.OUTAGE) -> Published:
    return Published(
        number=number, service="checkout", title="Checkout", level=level, status="Resolved", active=end is None,
        started_at=start, ended_at=end, spans=((start, end),), entries=(),
    )  # fmt: skip


def test_a_day_is_as_bad_as_its_worst_incident() -> None:
    """Over midnight it is in both days; two at a time are not twice the trouble; today ends now."""
    found = ninety(
        [
            _incident(1, after(-2, 23 * 60), after(-1, 60)),
            _incident(2, after(-1, 30), after(-1, 90), Level.DEGRADED),
            _incident(3, after(0, 60), None, Level.NOTICE),
        ],
        after(-30),
        after(0, 120),
    )
    days = {day.day.isoformat(): (day.level, day.minutes, day.incidents) for day in found.days[-3:]}
    assert days == {
        "2026-02-21": (Level.OUTAGE, 60, (1,)),
        "2026-02-22": (Level.OUTAGE, 90, (1, 2)),
        "2026-02-23": (Level.NOTICE, 0, (3,)),
    }
    assert found.available == pytest.approx(1 - 120 / (30 * 1440 + 120))
    assert found.incidents == 3


def test_before_the_records_nothing_is_known() -> None:
    """Not even that all was well."""
    found = ninety([], after(-3, 60), after(0, 60))
    assert [day.level for day in found.days[-5:]] == [Level.UNKNOWN, *[Level.WELL] * 4]
    assert found.available == 1
    nothing = ninety([], None, after(0))
    assert {day.level for day in nothing.days} == {Level.UNKNOWN}
    assert nothing.available is None


def test_the_company_of_these_tests_is_without_mistakes(tmp_path: Path) -> None:
    """The key is one of a service's file."""
    from alerting.policy import load

    page = load(company(tmp_path)).services["checkout"].status_page
    assert page is not None
    assert (page.title, page.description) == ("Checkout", "What checkout does for you.")
