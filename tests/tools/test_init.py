"""`tocsin init` starts a folder that is without mistakes from the first moment."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerting.checks import run
from alerting.policy import load, read
from tools.cli import main

AT = datetime(2026, 1, 20, tzinfo=UTC)


def init(*arguments: str) -> Result:
    """Runs the command."""
    return CliRunner().invoke(main, ["init", *arguments])


@pytest.mark.parametrize("names", [(), ("--team", "core", "--service", "shop-api")], ids=["defaults", "names"])
def test_a_new_folder_has_no_mistake_and_no_warning(tmp_path: Path, names: tuple[str, ...]) -> None:
    """`tocsin check` finds nothing in what was written, whatever the names are."""
    result = init(str(tmp_path / "new"), *names)
    assert result.exit_code == 0, result.output
    assert run(read(tmp_path / "new"), AT) == ()
    assert CliRunner().invoke(main, ["--root", str(tmp_path / "new"), "check"]).exit_code == 0


def test_the_names_are_the_wanted_ones(tmp_path: Path) -> None:
    """Files, keys, selectors and runbook carry the names of the options, and comments stay."""
    init(str(tmp_path / "new"), "--team", "core", "--service", "shop-api")
    policy = load(tmp_path / "new")
    assert sorted(policy.services) == ["platform", "shop-api"]
    assert {service.owner for service in policy.services.values()} == {"core"} == set(policy.teams)
    assert "ShopApiAvailabilityBurn" in policy.runbooks
    text = (tmp_path / "new/policies/services/shop-api.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=../../docs/schema/service.schema.json\n# One file")
    assert 'total: http_requests_total{service="shop-api"}' in text


def test_nothing_of_the_example_company_is_there(tmp_path: Path) -> None:
    """Neither its services nor its people nor its runbooks are copied; the catalogue is."""
    init(str(tmp_path / "new"))
    policy = load(tmp_path / "new")
    assert not {"checkout", "cart"} & set(policy.services)
    assert [member.name for member in policy.teams["platform"].members] == ["alex"]
    assert "CheckoutAvailabilityBurn" not in policy.runbooks
    assert {"errors", "availability", "latency", "kubernetes"} <= set(policy.catalog)
    for path in (
        "runbooks/TEMPLATE.md",
        "postmortems/TEMPLATE.md",
        "alerting/windows.yaml",
        ".vscode/settings.json",
        "docs/policy-reference.md",
    ):
        assert (tmp_path / "new" / path).is_file()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """What is there is never overwritten, and the message says what to do."""
    (tmp_path / "mine").write_text("precious")
    result = init(str(tmp_path))
    assert result.exit_code == 2
    assert f"{tmp_path} is not empty; expected a folder that is empty or new; name another" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_empty_folder_may_be_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`tocsin init .` fills the folder in which one stands, and leaves no scratch behind."""
    monkeypatch.chdir(tmp_path)
    assert init(".").exit_code == 0
    assert sorted(path.name for path in Path.cwd().iterdir()) == [
        ".vscode",
        "alerting",
        "docs",
        "policies",
        "postmortems",
        "runbooks",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--team", "My Team"], "'My Team' is not lower-case words and digits joined by hyphens, such as web-shop"),
        (["--service", "platform"], "the service platform is always there; name another one with --service"),
    ],
)
def test_names_that_cannot_be_are_wrong_usage(tmp_path: Path, arguments: list[str], message: str) -> None:
    """A wrong name ends with status 2 and writes nothing."""
    result = init(str(tmp_path / "new"), *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "new").exists()


def test_what_to_do_next_is_said(tmp_path: Path) -> None:
    """A newcomer is told the next steps, with a folder's name that a shell takes as it stands."""
    output = init(str(tmp_path / "my folder"), "--service", "shop").output
    assert f"cd '{tmp_path}/my folder'" in output
    assert "edit policies/services/shop.yaml" in output
