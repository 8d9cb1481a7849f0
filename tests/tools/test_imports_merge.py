"""Imports into service files that are there already."""

from pathlib import Path

from click.testing import CliRunner

from alerting.policy import load
from tests.tools.importing import Outcome, take_over
from tools.cli import main

FOREIGN = """\
version: prometheus/v1
service: shop
slos:
  - name: availability
    objective: 99.9
    sli: {events: {error_query: 'sum(rate(bad[{{.window}}]))', total_query: 'sum(rate(all[{{.window}}]))'}}
  - name: speed
    objective: 99
    description: |
      Pages are quick.
      Even on Mondays.
    sli: {raw: {error_ratio_query: 'slow[{{.window}}:]'}}
"""
OURS = """\
# The shop, see wiki/shop
service: shop   # its name
owner: "payments"
tier: 1
dependencies: [ payments-db,cart ]   # both matter
slos:
    # promised to the board
    - name: availability
      objective: 99.9%
      traffic: 20/s # measured in May
      sli:
          bad: bad
          total: all   # everything

# what may be restarted
remediations:
    ShopAvailabilityBurn: {action: restart_deployment, target: {namespace: shop}}
# the end
"""


def merge(tmp_path: Path, ours: str, foreign: str = FOREIGN, *options: str) -> Outcome:
    """Imports into a folder that has a file for the shop."""
    (tmp_path / "services").mkdir(exist_ok=True)
    (tmp_path / "services" / "shop.yaml").write_text(ours)
    return take_over("sloth", foreign, tmp_path, *options)


def test_new_slos_are_added_and_every_comment_stays_where_it_was(tmp_path: Path) -> None:
    """Only lines are added; the old ones keep their order, spacing, quotes and comments."""
    done = merge(tmp_path, OURS)
    text = (done.folder / "shop.yaml").read_text()
    assert text == OURS.replace(
        "\n# what may be restarted",
        """\
    - name: speed
      objective: 99%
      description: |-
        Pages are quick.
        Even on Mondays.
      sli:
        ratio: slow[{{window}}:]

# what may be restarted""",
    )
    assert [slo.name for slo in done.services()["shop"].slos] == ["availability", "speed"]


def test_what_is_there_and_different_is_left_alone_and_said(tmp_path: Path) -> None:
    """An SLO with the same name and another promise stays ours; the command fails so that nobody overlooks it."""
    done = merge(tmp_path, OURS)
    assert done.status == 1
    assert done.out.splitlines()[:3] == [
        "services/shop.yaml: extended",
        "  speed: added",
        ("  availability: there already and different: not touched; rename it in either file, or delete the old one"),
    ]
    assert done.services()["shop"].slos[0].traffic == 20


def test_a_second_import_changes_nothing(tmp_path: Path) -> None:
    """The same file again finds everything in place, and the file stays as it is to the byte."""
    first = take_over("sloth", FOREIGN, tmp_path, "--owner", "payments")
    before = (first.folder / "shop.yaml").read_bytes()
    second = take_over("sloth", FOREIGN, tmp_path)
    assert second.out.splitlines()[:3] == [
        "services/shop.yaml: left as it is",
        "  availability: there already, the same",
        "  speed: there already, the same",
    ]
    assert second.status == 0
    assert (first.folder / "shop.yaml").read_bytes() == before


def test_a_service_without_slos_gets_its_first(tmp_path: Path) -> None:
    """Whether `slos` is absent or an empty list, the SLOs are written; owner and tier stay those of the file."""
    for ours in (
        "service: shop\nowner: payments\ntier: 3\n# the end\n",
        "service: shop\nowner: payments\ntier: 3\nslos: []  # none yet\n",
    ):
        done = merge(tmp_path, ours, FOREIGN, "--owner", "storefront", "--tier", "1")
        service = done.services()["shop"]
        assert [slo.name for slo in service.slos] == ["availability", "speed"]
        assert (service.owner, service.tier) == ("payments", 3)
        assert ("# the end" in (done.folder / "shop.yaml").read_text()) == ("# the end" in ours)
        assert done.status == 0


def test_lines_that_end_as_on_windows_stay_so(tmp_path: Path) -> None:
    """A file with CRLF and without a last line break gets lines of its own kind."""
    ours = OURS.replace("\n", "\r\n").removesuffix("\r\n# the end\r\n")
    done = merge(tmp_path, ours)
    text = (done.folder / "shop.yaml").read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n")
    assert len(done.services()["shop"].slos) == 2


def test_slos_in_brackets_are_not_extended(tmp_path: Path) -> None:
    """A list that lines cannot be added to is refused, with two ways out."""
    ours = "service: shop\nowner: a\ntier: 1\nslos: [{name: x, objective: 99%, sli: {probe: up}}]\n"
    done = merge(tmp_path, ours)
    assert done.err.splitlines() == [
        (
            "in.yaml:2: service shop: services/shop.yaml is written in a way that cannot be extended; "
            "expected `slos` as a list with one `- name:` for each; "
            "rewrite it, or import into another folder with `--out DIR`"
        ),
        "nothing was written",
    ]
    assert (done.folder / "shop.yaml").read_text() == ours


def test_a_file_with_mistakes_is_not_touched(tmp_path: Path) -> None:
    """What the loader does not take is not extended either."""
    done = merge(tmp_path, "service: shop\nowner: payments\ntier: 9\n")
    assert done.status == 1
    assert done.err.splitlines() == [
        (
            "in.yaml:2: service shop: services/shop.yaml has a mistake (tier: got 9); expected 1, 2 or 3; "
            "`tocsin check` shows all of them"
        ),
        "nothing was written",
    ]
    assert (done.folder / "shop.yaml").read_text() == "service: shop\nowner: payments\ntier: 9\n"


def test_two_slos_that_would_have_one_name_are_refused(tmp_path: Path) -> None:
    """Names that become the same in our spelling are a mistake of the foreign file."""
    done = take_over("sloth", FOREIGN.replace("name: speed", "name: Availability"), tmp_path, "--owner", "a")
    assert done.err.splitlines() == [
        (
            "in.yaml:7: slo availability: another SLO of shop is called availability, on line 4; "
            "expected each name once in a service; rename one"
        ),
        "nothing was written",
    ]


def test_either_all_files_are_written_or_none(tmp_path: Path) -> None:
    """One service that cannot be written keeps the others from being written."""
    other = FOREIGN.replace("service: shop", "service: aaa")
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / ".shop.yaml.new").mkdir()
    done = take_over("sloth", f"{other}---\n{FOREIGN}", tmp_path, "--owner", "payments")
    assert done.status == 1
    assert done.err == "services/.shop.yaml.new: Is a directory; no file was written in part\n"
    assert done.services() == {}


def test_the_result_is_part_of_the_policy(mini: Path, tmp_path: Path) -> None:
    """Without --out the files go to policies/services, where the loader takes them."""
    source = tmp_path / "in.yaml"
    source.write_text(FOREIGN)
    done = CliRunner().invoke(main, ["--root", str(mini), "import", "sloth", str(source), "--owner", "payments"])
    assert done.exit_code == 0
    assert [slo.name for slo in load(mini).services["shop"].slos] == ["availability", "speed"]
