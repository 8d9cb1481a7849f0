"""`tocsin runbook`: listing, showing and starting runbooks."""

from pathlib import Path

import orjson
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from alerting.policy import load
from tools.cli import main

REPOSITORY = Path(__file__).parents[2]


def run(root: Path, *arguments: str) -> Result:
    """Runs the command on a repository."""
    return CliRunner().invoke(main, ["--root", str(root), "runbook", *arguments], catch_exceptions=False)


def complete(root: Path, *words: str) -> list[str]:
    """What a shell is offered for the last word."""
    shell = ShellComplete(main, {}, "tocsin", "_TOCSIN_COMPLETE")
    return [item.value for item in shell.get_completions(["--root", str(root), "runbook", *words[:-1]], words[-1])]


@pytest.fixture
def templated(mini: Path) -> Path:
    """The miniature repository with the template that ships."""
    (mini / "runbooks" / "TEMPLATE.md").write_bytes((REPOSITORY / "runbooks" / "TEMPLATE.md").read_bytes())
    return mini


def test_list_shows_title_remediation_and_what_is_missing(mini: Path) -> None:
    """A runbook that is not there says how to start it; the status stays 0, `tocsin check` is the judge."""
    (mini / "runbooks" / "CheckoutLatencyBurn.md").unlink()
    listed = run(mini, "list")
    assert listed.exit_code == 0
    rows = [" ".join(line.split()) for line in listed.stdout.splitlines()]
    assert "HighErrorRate Requests fail restart_deployment" in rows
    assert "CheckoutLatencyBurn missing" in rows
    assert listed.stderr == (
        "runbooks/CheckoutLatencyBurn.md is missing: `tocsin runbook new CheckoutLatencyBurn` starts it\n"
    )


def test_list_cuts_no_name_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is there to be given to `show`, also on a narrow terminal and through a pipe."""
    names = {path.stem for path in (REPOSITORY / "runbooks").glob("*.md")} - {"TEMPLATE"}
    for environment in ({"COLUMNS": "80", "FORCE_COLOR": "1", "NO_COLOR": "1"}, {}):
        with monkeypatch.context() as patch:
            for key, value in environment.items():
                patch.setenv(key, value)
            listed = {line.split()[0] for line in run(REPOSITORY, "list").stdout.splitlines() if line[:1].strip()}
        assert names <= listed


def test_list_gives_the_same_to_programs(mini: Path) -> None:
    """With the alerts that lead to each; `--missing` keeps only what is to be written."""
    (mini / "runbooks" / "CheckoutLatencyBurn.md").unlink()
    rows = {row["runbook"]: row for row in orjson.loads(run(mini, "list", "--json").stdout)}
    assert rows["HighErrorRate"] == {
        "runbook": "HighErrorRate",
        "title": "Requests fail",
        "alerts": ["HighErrorRate"],
        "remediation": {
            "action": "restart_deployment",
            "target": {},
            "parameters": {},
            "automatic": False,
            "approval": None,
            "dry_run": None,
        },
        "file": "runbooks/HighErrorRate.md",
        "missing": False,
    }
    missing = orjson.loads(run(mini, "list", "--missing", "--json").stdout)
    assert [row["runbook"] for row in missing] == ["CheckoutLatencyBurn"]


def test_list_names_alerts_that_share_a_runbook() -> None:
    """The two databases' objectives lead to DatabaseDown."""
    rows = {row["runbook"]: row["alerts"] for row in orjson.loads(run(REPOSITORY, "list", "--json").stdout)}
    assert rows["DatabaseDown"] == ["DatabaseDown", "CatalogDbReachableBurn", "PaymentsDbReachableBurn"]


def test_list_tells_of_a_runbook_with_a_mistake(mini: Path) -> None:
    """It is there, but what it says cannot be read."""
    (mini / "runbooks" / "HighErrorRate.md").write_text("no front matter\n")
    rows = [" ".join(line.split()) for line in run(mini, "list").stdout.splitlines()]
    assert "HighErrorRate has a mistake: tocsin check" in rows


@pytest.mark.parametrize("name", ["HighErrorRate", "high-error-rate", "higherrorrate", "HighErrorRate.md"])
def test_show_finds_a_runbook_by_whatever_people_write(mini: Path, name: str) -> None:
    """Piped, it is the Markdown as it was written, without front matter."""
    shown = run(mini, "show", name)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("# Requests fail\n\n## What it means\n")
    assert "alert:" not in shown.stdout


def test_show_follows_an_alert_to_the_runbook_that_it_shares() -> None:
    """People know the alert's name, not the file's."""
    assert run(REPOSITORY, "show", "payments-db-reachable-burn").stdout.startswith("# A database does not answer\n")


def test_show_renders_for_a_terminal(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headings are styled, and the remediation is on top."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    shown = run(mini, "show", "HighErrorRate")
    assert "\x1b[" in shown.stdout
    assert "remediation: restart_deployment" in shown.stdout
    assert "##" not in shown.stdout


def test_show_lets_no_control_character_reach_the_terminal(mini: Path) -> None:
    """A file cannot move the cursor or set the title of the window."""
    file = mini / "runbooks" / "HighErrorRate.md"
    file.write_text(file.read_text() + "\n\x1b]0;owned\x07\n")
    shown = run(mini, "show", "HighErrorRate").stdout
    assert "\x1b" not in shown
    assert "�]0;owned�" in shown


def test_show_as_json_has_the_sections(mini: Path) -> None:
    """For programs that post a part of it."""
    shown = orjson.loads(run(mini, "show", "HighErrorRate", "--json").stdout)
    assert shown["sections"] == ["What it means", "Impact", "Diagnosis", "Mitigation", "Escalation"]
    assert shown["markdown"].startswith("# Requests fail\n")


def test_show_suggests_the_name_that_was_meant(mini: Path) -> None:
    """A typing mistake is wrong usage, with a way out."""
    shown = run(mini, "show", "high-eror-rate")
    assert shown.exit_code == 2
    assert shown.stderr.endswith(
        "Error: there is no runbook 'high-eror-rate'; expected one of runbooks/; did you mean HighErrorRate?\n"
    )


def test_show_of_a_missing_runbook_says_how_to_start_it(mini: Path) -> None:
    """The alert exists, its runbook does not."""
    (mini / "runbooks" / "CheckoutLatencyBurn.md").unlink()
    shown = run(mini, "show", "checkout-latency-burn")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "Error: runbooks/CheckoutLatencyBurn.md is missing; `tocsin runbook new CheckoutLatencyBurn` starts it\n"
    )


def test_new_starts_a_runbook_that_loads(templated: Path) -> None:
    """From the template, with name and title filled in."""
    file = templated / "runbooks" / "CheckoutLatencyBurn.md"
    file.unlink()
    made = run(templated, "new", "checkout-latency-burn")
    assert (made.exit_code, made.stdout, made.stderr) == (0, "wrote runbooks/CheckoutLatencyBurn.md\n", "")
    assert load(templated).runbooks["CheckoutLatencyBurn"].title == "Checkout latency burn"
    assert 'ALERTS{alertname="CheckoutLatencyBurn", alertstate="firing"}' in file.read_text()


def test_new_refuses_to_overwrite(templated: Path) -> None:
    """What people wrote stays."""
    file = templated / "runbooks" / "HighErrorRate.md"
    before = file.read_bytes()
    made = run(templated, "new", "HighErrorRate")
    assert made.exit_code == 1
    assert made.stderr == (
        "Error: runbooks/HighErrorRate.md is there already; expected a new one; edit it, or remove it first\n"
    )
    assert file.read_bytes() == before


def test_new_for_an_alert_to_come_says_that_there_is_none_yet(templated: Path) -> None:
    """A runbook may be written before its alert; a typing mistake is seen at once."""
    made = run(templated, "new", "DNSFails")
    assert (made.exit_code, made.stderr) == (0, "no alert leads to DNSFails yet; `tocsin runbook list` shows all\n")
    assert load(templated).runbooks["DNSFails"].title == "DNS fails"


@pytest.mark.parametrize("name", ["../../etc/passwd", "odd: name", "7up", ""])
def test_new_takes_only_names_of_alerts(templated: Path, name: str) -> None:
    """No file is written anywhere else."""
    made = run(templated, "new", name)
    assert made.exit_code == 2
    assert made.stderr.endswith(
        f"Error: {name!r} is no alert's name; expected one such as HighErrorRate or high-error-rate\n"
    )


def test_new_without_a_template_says_so(mini: Path) -> None:
    """A repository made by hand may lack it."""
    made = run(mini, "new", "NewAlert")
    assert made.exit_code == 1
    assert made.stderr == (
        "Error: runbooks/TEMPLATE.md is missing; expected the form of a runbook; `tocsin init` writes one\n"
    )


def test_new_reports_a_template_that_cannot_be_filled_in(templated: Path) -> None:
    """With jinja's words and what may stand there."""
    (templated / "runbooks" / "TEMPLATE.md").write_text("---\nalert: {{ alrt }}\n---\n")
    made = run(templated, "new", "NewAlert")
    assert made.exit_code == 1
    assert made.stderr == (
        "Error: runbooks/TEMPLATE.md: 'alrt' is undefined; expected {{ alert }} and {{ title }} only\n"
    )
    assert not (templated / "runbooks" / "NewAlert.md").exists()


def test_a_shell_completes_names(mini: Path) -> None:
    """Runbooks for `show`, alerts without one for `new`."""
    (mini / "runbooks" / "CheckoutLatencyBurn.md").unlink()
    assert complete(mini, "show", "High") == ["HighErrorRate"]
    assert complete(mini, "new", "") == ["CheckoutLatencyBurn"]
