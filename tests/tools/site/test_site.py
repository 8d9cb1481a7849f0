"""`tocsin site`: what the public sees, and what it does not."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag

import pytest

from bots.timeline.event import Kind
from tests.history import Series, prometheus_with
from tests.tools.report.stories import Archive, Story, after, postmortem
from tests.tools.site.company import AT, MINI, URL, build, company, files, run, stories

HOSTILE = "<script>alert(1)</script> & \"quoted\" '<b>' \x0b ]]>"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Records of the company, and two published postmortems."""
    found = Archive(tmp_path / "a.git").record(*stories())
    hidden = {
        **postmortem(6),
        **postmortem(1, "review"),
        **postmortem(3, public="public: false"),
        **postmortem(4, public=""),
    }
    return found.publish({**postmortem(2), **hidden}, AT)


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


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


def test_a_postmortem_shows_what_its_reader_would_see_on_the_host(tmp_path: Path) -> None:
    """No comment, however it is written; no picture that it does not show; one heading."""
    archive = Archive(tmp_path / "a.git").record(Story(number=1, started=after(1), priority="P0", resolved=9))
    text = (
        "<!-- ana: hush1 -->\n\nIt <!-- hush2 --> broke <b>much</b>.\n\n- <!-- hush3\n  hush4 -->\n\n"
        "![SLI <!-- hush5 -->](INC-1.svg) ![gone](INC-1-old.png)\n\n<div>\nA <!-- hush6 --> block\n</div>\n\n"
        "`<!-- code -->`\n\n<!-- hush7"
    )
    pictures = {f"postmortems/2026/INC-1{name}": "x" for name in (".svg", "-draft.png", "-old.png.svg", "0.svg")}
    archive.publish({**postmortem(1, text=text), **pictures}, AT)
    folder = build(archive, tmp_path / "site")
    assert sorted(path.name for path in (folder / "postmortems").iterdir()) == ["INC-1.html", "INC-1.svg"]
    page = (folder / "postmortems" / "INC-1.html").read_text()
    assert "hush" not in page
    assert page.count("<h1") == 1
    for shown in (
        "<p>It  broke &lt;b&gt;much&lt;/b&gt;.</p>",
        '<img src="INC-1.svg" alt="SLI " /> gone',
        "<p>&lt;div&gt;\nA  block\n&lt;/div&gt;</p>",
        "<code>&lt;!-- code --&gt;</code>",
    ):
        assert shown in page, page


def test_the_address_of_a_comment_on_github_is_not_public(tmp_path: Path) -> None:
    """It tells of the company's own repository; an address that a person gave is shown."""
    story = Story(number=1, started=after(1), priority="P0")
    said = {"text": "Some orders fail.", "public": True}
    comment = replace(
        story.event(Kind.NOTED, 2, url="https://github.com/example/hidden/issues/45#issuecomment-1", **said),
        source="github",
    )
    own = replace(story.event(Kind.NOTED, 3, url="https://example.com/help", **said), source="api")
    archive = Archive(tmp_path / "a.git").record(Story(number=1, started=after(1), priority="P0", extra=[comment, own]))
    site = "".join(files(build(archive, tmp_path / "site")).values())
    assert "hidden" not in site
    assert "https://example.com/help" in site


def test_as_of_a_time_nothing_later_is_known(tmp_path: Path) -> None:
    """Neither incidents that begin then nor what comes of those that go on."""
    public = {"text": "later news", "public": True, "minutes": 70}
    archive = Archive(tmp_path / "a.git").record(
        Story(number=1, started=after(1), priority="P0", acknowledged=80, resolved=90, notes=[public]),
        Story(number=2, started=after(2), priority="P0"),
    )
    result = run(archive, tmp_path / "site", at="2026-02-24T01:00:00Z")
    assert result.stderr == f"{tmp_path / 'site'}: 2 services, 1 incident, 0 postmortems\n"
    site = files(tmp_path / "site")
    assert "There is an outage" in site["index.html"]
    assert "Investigating" in site["incidents/INC-1.html"]
    assert not re.search("later news|Resolved|INC-2", "".join(site.values()))


def test_what_is_over_is_news_for_two_weeks(tmp_path: Path) -> None:
    """From its end on, however long it took."""
    archive = Archive(tmp_path / "a.git").record(
        Story(number=1, started=after(-20), priority="P1", resolved=20 * 1440),
        Story(number=2, started=after(-9), priority="P1", resolved=9),
    )
    index = files(build(archive, tmp_path / "site"))["index.html"]
    recent = index[index.index("The last 14 days") :]
    assert re.findall(r"incidents/(INC-\d+)", recent) == ["INC-1"]


def test_a_day_is_told_by_more_than_its_color(archive: Archive, tmp_path: Path) -> None:
    """The worse, the taller; and in words that need no pointer."""
    index = files(build(archive, tmp_path / "site"))["index.html"]
    tops = dict(re.findall(r'<path class="(\w+)" d="M\d+ (\d+)h', index))
    assert tops == {"well": "20", "notice": "14", "degraded": "7", "outage": "0"}
    assert (
        '<li>1 March 2026: outage, 60 min <a href="incidents/INC-3.html">INC-3</a></li>\n'
        '<li>26 February 2026: notice <a href="incidents/INC-5.html">INC-5</a></li>\n'
    ) in index


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
    # Readers take a description for HTML: what is text there is escaped once more.
    item = ET.fromstring(site["feed.xml"]).findtext("channel/item/description")
    assert item is not None
    assert (
        "<p>2026-02-24 00:02 UTC: <strong>Update</strong><br>"
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;quoted&#34; &#39;&lt;b&gt;&#39; <br> ]]&gt;</p>"
    ) in item


def test_every_link_leads_to_a_file(archive: Archive, tmp_path: Path) -> None:
    """From every page, also below a path of a host."""
    folder = build(archive, tmp_path / "site")
    for path, text in files(folder).items():
        for link in _Links(text).found if path.endswith(".html") else ():
            target = urldefrag(link).url
            if target and not re.match("[a-z]+:", target):
                assert ((folder / path).parent / target).resolve().is_file(), f"{path}: {link}"


def test_what_is_not_there_leads_back(archive: Archive, tmp_path: Path) -> None:
    """From any path: all addresses of that page are whole."""
    page = files(build(archive, tmp_path / "site"))["404.html"]
    links = [link for link in _Links(page).found if not link.startswith(("data:", "#"))]
    assert links
    assert [link for link in links if not link.startswith(f"{URL}/")] == []


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


def test_without_an_address_there_is_no_feed(archive: Archive, tmp_path: Path) -> None:
    """And it is said."""
    result = run(archive, tmp_path / "site", url="")
    told = "2 services, 5 incidents, 1 postmortem; no RSS feed: name the site's address with --url"
    assert result.stderr == f"{tmp_path / 'site'}: {told}\n"
    assert not (tmp_path / "site" / "feed.xml").exists()
    assert not (tmp_path / "site" / "404.html").exists()
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


def test_the_company_of_these_tests_is_without_mistakes(tmp_path: Path) -> None:
    """The key is one of a service's file."""
    from alerting.policy import load

    page = load(company(tmp_path)).services["checkout"].status_page
    assert page is not None
    assert (page.title, page.description) == ("Checkout", "What checkout does for you.")
