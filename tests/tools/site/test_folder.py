"""The folder that the site is written to, and the address it will have."""

import threading
from pathlib import Path

import pytest

from tests.tools.report.stories import Archive, postmortem
from tests.tools.site.company import AT, build, files, run, stories


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Records of the company, and a public postmortem."""
    return Archive(tmp_path / "a.git").record(*stories()).publish(postmortem(2), AT)


def test_the_same_records_make_the_same_bytes(archive: Archive, tmp_path: Path) -> None:
    """And what an earlier run left is gone."""
    folder = build(archive, tmp_path / "site")
    before = files(folder)
    for old in ("incidents/INC-99.html", "postmortems/INC-99-a.svg", "history/2020-01.html", "incidents/.tocsin-new-x"):
        (folder / old).write_text("old")
    assert files(build(archive, tmp_path / "site")) == before


def test_what_people_keep_beside_the_site_stays(archive: Archive, tmp_path: Path) -> None:
    """A repository that it is published from, or the name of its host."""
    folder = build(archive, tmp_path / "site")
    kept = {"CNAME": "status.example.com", ".git/config": "[core]", "incidents/about.html": "us"}
    for name, text in kept.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    site = files(build(archive, tmp_path / "site"))
    assert {name: site[name] for name in kept} == kept


def test_every_file_is_whole_at_every_moment(archive: Archive, tmp_path: Path) -> None:
    """Whoever looks while the site is made anew finds each page, and those that must go are gone in the end."""
    folder = build(archive, tmp_path / "site")
    seen, stop = [], threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.append((folder / "index.html").read_text().rstrip()[-7:])

    watching = threading.Thread(target=look)
    watching.start()
    try:
        for _ in range(3):
            build(archive, folder)
    finally:
        stop.set()
        watching.join()
    assert set(seen) == {"</html>"}
    assert (folder / "index.html").stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("status.example.com", "'status.example.com' is no address; expected one such as https://status.example.com"),
        ("javascript://x/%0aalert(1)", "'javascript://x/%0aalert(1)' is no address; expected one such as https://status.example.com"),
        ("https://[", "'https://[' is no address; expected one such as https://status.example.com"),
        ("https://a/?b", "'https://a/?b' is more than an address; expected one such as https://status.example.com"),
        ("https://u:p@a", "'https://u:p@a' is more than an address; expected one such as https://status.example.com"),
    ],
)  # fmt: skip
def test_the_address_of_the_site_is_one(archive: Archive, tmp_path: Path, url: str, why: str) -> None:
    """All links of the feed begin with it."""
    result = run(archive, tmp_path / "site", url=url)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: Invalid value for '--url': {why}\n")
    assert not (tmp_path / "site").exists()


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
