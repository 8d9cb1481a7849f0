"""A status page for tests: the miniature company with two public services, and what happened to them."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from tests.tools.report.stories import Archive, Story, after
from tools.cli import main

MINI = Path(__file__).parents[2] / "data" / "mini"
AT = datetime(2026, 3, 1, 13, tzinfo=UTC)
URL = "https://status.example.com"


def company(folder: Path) -> Path:
    """The miniature repository with checkout and payments-db (as the cart) on the status page."""
    root = shutil.copytree(MINI, folder / "company", dirs_exist_ok=True)
    for name, title in (("checkout", "Checkout"), ("payments-db", "Cart")):
        place = root / "policies" / "services" / f"{name}.yaml"
        page = f"status_page: {{title: {title}, description: What {title.lower()} does for you.}}\n"
        place.write_text(place.read_text().rstrip("\n") + "\n" + page)
    return root


def run(archive: Archive, out: Path, *arguments: str, url: str = URL, at: str = "2026-03-01T13:00:00Z") -> Result:
    """Runs the command."""
    root = company(out.parent)
    command = ["--root", str(root), "site", "--records", str(archive.path), "--at", at, "--out", str(out)]
    return CliRunner().invoke(main, [*command, *(("--url", url) if url else ()), *arguments])


def build(archive: Archive, out: Path, *arguments: str) -> Path:
    """The site's folder."""
    result = run(archive, out, *arguments)
    assert result.exit_code == 0, result.output
    return out


def files(folder: Path) -> dict[str, str]:
    """The text of every file by its path."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def stories(text: str = "Some orders fail.") -> list[Story]:
    """An outage that goes on, one that is over, one that users feel, a notice, and what is nobody's business."""
    public = {"text": text, "public": True}
    over = Story(
        number=2, started=after(1), priority="P0", acknowledged=2, resolved=50, verdict="actionable",
        notes=[{**public, "minutes": 5, "url": "https://example.com/help"}, {"text": "secret", "minutes": 6}],
    )  # fmt: skip
    return [
        Story(number=1, started=after(-40), priority="P1", acknowledged=3, resolved=600, verdict="actionable"),
        over,
        Story(number=3, started=after(6.5), priority="P0", acknowledged=4, notes=[{**public, "minutes": 9}]),
        Story(number=4, started=after(6.5), priority="P1", service="payments-db", team="platform"),
        Story(number=5, started=after(3), priority="P3", resolved=30, notes=[{**public, "minutes": 1}]),
        Story(number=6, started=after(3), priority="P3", resolved=30, notes=[{"text": "secret"}]),
        Story(number=7, started=after(2), priority="P0", resolved=9, drill=True, notes=[public]),
        Story(number=8, started=after(2), priority="P0", resolved=9, verdict="noise", notes=[public]),
        Story(number=9, started=after(2), priority="P0", resolved=9, verdict="duplicate", duplicate_of=2),
        Story(number=10, started=after(2), priority="P0", resolved=9, service="platform", notes=[public]),
        Story(number=11, started=after(-500), priority="P0", resolved=9),
    ]
