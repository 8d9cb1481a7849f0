"""The status page in a real browser: on a desk, on a phone, in the dark, and without scripts."""

import re
from collections.abc import Iterator

import pytest

from tests.browser import Browser, browser
from tests.tools.report.stories import Archive, postmortem
from tests.tools.site.company import AT, build, stories

PAGES = ("/index.html", "/incidents/INC-2.html", "/history/2026-02.html", "/postmortems/INC-2.html")
LONG = "Some_payments_fail_" * 20
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="300"><rect width="900" height="300"/></svg>'


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser at a site with everything on it, and with long words that do not want to break."""
    folder = tmp_path_factory.mktemp("site")
    told = stories(text=LONG)
    table = f"![The SLI](INC-2.svg)\n\n| When | What |\n| --- | --- |\n| 10:00 | {LONG} |\n\n    {LONG}\n"
    archive = Archive(folder / "a.git").record(*told)
    archive.publish({**postmortem(2, text=table), "postmortems/2026/INC-2.svg": SVG}, AT)
    build(archive, folder / "site")
    with browser(folder / "site", folder) as found:
        yield found


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(246, 246, 243)"), ("dark", "rgb(20, 24, 28)")])
def test_every_page_fits_and_can_be_read(looking: Browser, scheme: str, ground: str) -> None:
    """On a desk and on a phone nothing is wider than the screen, and every text stands out from its ground."""
    wanted = [(path, width) for path in PAGES for width in (1000, 360)]
    for (path, width), seen in zip(wanted, looking.see(wanted, scheme=scheme), strict=True):
        assert (path, seen.room, seen.wide, seen.faint) == (path, width, width, [])
        assert (seen.styled, seen.ground) == (1, ground)


def test_what_a_reader_finds(looking: Browser) -> None:
    """The state in a sentence, what goes on with its notes, services, what is over, postmortems."""
    first, postmortem_page = looking.see([("/index.html", 1000), ("/postmortems/INC-2.html", 1000)])
    for line in (
        "There is an outage",
        "Checkout: outage",
        "Being worked on · since 1 Mar 2026, 12:00 UTC",
        "Cart Degraded",
        "Error budgets are not shown: they could not be read when this page was made.",
        "It broke",
    ):
        assert line in first.text, first.text
    assert postmortem_page.pictures == [["INC-2.svg", 900]]


def test_nothing_comes_from_elsewhere_and_nothing_is_a_script(looking: Browser) -> None:
    """What the browser asks for is the site's own; it looks with scripts forbidden, and there are none."""
    looking.asked.clear()
    looking.see([("/index.html", 1000)])
    assert sorted(looking.asked) == ["/index.html", "/style.css"]
    for path in PAGES:
        text = (looking.folder / path.removeprefix("/")).read_text()
        assert not re.search(r"<script|\son\w+=|javascript:", text)


def test_a_picture_is_as_wide_as_was_asked(looking: Browser) -> None:
    """So a phone is a phone, and the dark is another picture."""
    light, dark = (looking.picture("/index.html", width=500, scheme=scheme) for scheme in ("light", "dark"))
    assert light[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(light[16:20], "big") == 500
    assert light != dark
