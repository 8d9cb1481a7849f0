"""`tocsin explain`: what people and programs are told about an SLO."""

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from alerting.model.quantities import Duration
from tools.cli import main
from tools.explain_tables import bar


def run(root: Path, *words: str) -> Result:
    """Runs the command on a repository, on a wide terminal."""
    return CliRunner(env={"COLUMNS": "120"}).invoke(
        main, ["--root", str(root), "explain", *words], catch_exceptions=False
    )


def cells(result: Result) -> list[list[str]]:
    """What was printed, line by line and without the frames of tables."""
    assert result.exit_code == 0, result.stderr
    lines = [line.strip().replace("┃", "│") for line in result.stdout.splitlines() if line.strip(" ┏━┳┓┡╇┩└┴┘─")]
    return [[cell.strip() for cell in line.removeprefix("│").removesuffix("│").split("│")] for line in lines]


def test_an_slo_is_explained_whole(mini: Path) -> None:
    """Budget, pairs with their thresholds and guards, times, spent budget."""
    assert cells(run(mini, "checkout/availability", "--errors", "100%", "--errors", "5%")) == [
        ["checkout/availability"],
        ["objective     99.9% of events are good in any 30d"],
        ["error budget  0.1%: 43m12s of complete outage, or 51,840 bad events"],
        ["traffic       20/s expected"],
        ["false pages   fewer than one in a thousand years while the service is at its objective (allowed: 1)"],
        ["evaluated     every 15s"],
        ["Alerts while both windows burn faster"],
        ["alert", "windows", "burn rate", "errors above", "bad events", "fires from"],
        ["page", "1h and 5m", "14.4", "1.44%", "≥ 23 in 5m", "1.44%"],
        ["page", "6h and 30m", "6", "0.6%", "≥ 69 in 30m", "0.6%"],
        ["ticket", "1d and 2h", "3", "0.3%", "≥ 204 in 2h", "0.3%"],
        ["ticket", "3d and 6h", "1", "0.1%", "≥ 530 in 6h", "0.1227%"],
        ["How long until the alert (and, after the last error, until its end)"],
        ["errors", "alert", "detected", "budget spent", "", "reset"],
        ["100%", "page", "1m22s", "3.2%", "··········", "30m19s"],
        ["", "ticket", "4m49s", "11.2%", "█·········", "6h"],
        ["5%", "page", "17m47s", "2.1%", "··········", "26m54s"],
        ["", "ticket", "1h27m", "10.1%", "█·········", "5h52m"],
    ]


def test_programs_get_numbers(mini: Path) -> None:
    """Seconds and ratios; one object for each SLO of the service."""
    found = json.loads(run(mini, "checkout", "--json").stdout)
    assert [one["slo"] for one in found] == ["availability", "latency"]
    assert {one["errors"] for one in found[0]["reactions"]} == {1.0, 0.1, 0.05, 0.02, 0.01}
    page = found[0]["reactions"][0]
    assert (page["severity"], page["errors"], round(page["detection_s"], 2)) == ("page", 1.0, 81.84)
    assert found[0]["budget_minutes"] == pytest.approx(43.2)
    assert found[0]["budget_events"] == pytest.approx(51840)


def test_a_probe_states_its_own_traffic(mini: Path) -> None:
    """One event a scrape; what a low objective cannot page for is said."""
    said = cells(run(mini, "payments-db"))
    assert ["traffic       4/m, one probe a scrape"] in said
    assert said[-2] == ["1%", "page", "never", "", "", ""]


def test_what_can_never_fire_is_said_with_a_way_out(mini: Path) -> None:
    """Too little traffic, and an objective that is too low."""
    file = mini / "policies" / "services" / "checkout.yaml"
    text = file.read_text()
    file.write_text(text.replace("20/s", "10/h", 1).replace("99%", "90%"))
    said = " ".join(run(mini, "checkout").stdout.split())
    assert (
        "the page over 1h and 5m can never fire: 0.833 events are expected in 5m, and 2 must be bad; "
        "measure with a probe, or choose a longer window"
    ) in said
    assert (
        "the page over 1h and 5m can never fire: 144% of events would have to be bad; "
        "expected an objective whose budget times the burn rate stays below 100%"
    ) in said


def test_unknown_traffic_is_said(mini: Path) -> None:
    """Nothing is counted that nobody stated."""
    file = mini / "policies" / "services" / "checkout.yaml"
    file.write_text(file.read_text().replace("    traffic: 20/s\n", "").replace("30d", "30d"))
    said = cells(run(mini, "checkout/availability"))
    assert ["error budget  0.1%: 43m12s of complete outage"] in said
    assert ["traffic       not stated; the guard against chance assumes the worst"] in said
    assert ["false pages   unknown without `traffic` (guarded as for at most 1 a year)"] in said


def test_a_calendar_period_is_named(mini: Path) -> None:
    """With its time zone."""
    file = mini / "policies" / "services" / "checkout.yaml"
    window = "99.9%\n    window: {calendar: month, timezone: Europe/Lisbon}"
    file.write_text(file.read_text().replace("99.9%", window))
    said = cells(run(mini, "checkout/availability"))
    assert ["objective     99.9% of events are good in each month in Europe/Lisbon"] in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["checkou"], "no service 'checkou'; expected one of checkout, payments-db, platform"),
        (["checkout/speed"], "no SLO 'speed' of checkout; expected one of availability, latency"),
        (["platform"], "platform has no SLO: none yet; add `slos:` to its file"),
        (
            ["checkout", "--errors", "0"],
            "Invalid value for '--errors': '0' is not a share of errors above 0; expected one such as 5% or 0.05",
        ),
        (
            ["checkout", "--errors", "many"],
            "Invalid value for '--errors': 'many' is not a share of errors above 0; expected one such as 5% or 0.05",
        ),
    ],
)
def test_what_is_not_there_is_a_wrong_use(mini: Path, words: list[str], message: str) -> None:
    """Exit status 2, and what there is instead."""
    result = run(mini, *words)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"\nError: {message}\n")


def test_a_share_is_a_bar() -> None:
    """More than all of it ends in an arrow."""
    assert [bar(share) for share in (0, 0.5, 1, 1.5)] == ["··········", "█████·····", "██████████", "██████████▶"]
    assert str(Duration(0)) == "0s"


def test_services_are_completed(mini: Path) -> None:
    """By the shell, from the files."""
    complete = ShellComplete(main, {"obj": None}, "tocsin", "_TOCSIN_COMPLETE")
    found = complete.get_completions(["--root", str(mini), "explain"], "pay")
    assert [item.value for item in found] == ["payments-db"]
