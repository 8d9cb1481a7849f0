"""`.github/CODEOWNERS` and the forms: rendered from the policy, and found when they are stale."""

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from tools.cli import main

AT = "2026-01-20"
"""While the silence of the miniature company still holds."""
CODEOWNERS = """\
# Made by `tocsin render` from the policy files; edit those instead.
* @eli @fay
/rendered/
/policies/access.yaml @example/sre
/policies/severity.yaml @example/sre
/policies/routing.yaml @example/sre
/policies/guardrails/ @example/sre
/.github/ @example/sre
/stacks/ @example/sre
/policies/teams/payments.yaml @example/payments
/policies/teams/platform.yaml @eli @fay
/policies/services/checkout.yaml @example/payments
/policies/services/payments-db.yaml @eli @fay
/policies/services/platform.yaml @eli @fay
/policies/silences/db-upgrade.yaml @eli @fay
/runbooks/CheckoutAvailabilityBurn.md @example/payments
/runbooks/CheckoutLatencyBurn.md @example/payments
/runbooks/PaymentsDbReachableBurn.md @eli @fay
"""


@pytest.fixture
def root(mini: Path) -> Path:
    """The miniature company, of which one team is on GitHub."""
    edit(mini / "policies" / "teams" / "payments.yaml", "members:", "github: example/payments\nmembers:")
    with (mini / "policies" / "access.yaml").open("a") as file:
        file.write("approvers: [example/sre]\n")
    return mini


def edit(file: Path, old: str, new: str) -> None:
    """Changes one place of a file."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def tocsin(root: Path, *words: str) -> Result:
    """Runs a command on the repository."""
    return CliRunner().invoke(main, ["--root", str(root), *words], catch_exceptions=False)


def test_owners_follow_the_policy(root: Path) -> None:
    """A team on GitHub owns as a team, another one by its members; what is rendered needs nobody."""
    assert tocsin(root, "render").exit_code == 0
    assert (root / ".github" / "CODEOWNERS").read_text() == CODEOWNERS


def test_the_incident_form_offers_services_and_priorities(root: Path) -> None:
    """Its answers are known to the bot, and who cannot tell may say so."""
    tocsin(root, "render")
    form = yaml.safe_load((root / ".github" / "ISSUE_TEMPLATE" / "incident.yml").read_text())
    fields = {field["id"]: field["attributes"] for field in form["body"] if "id" in field}
    assert fields["service"]["options"] == ["checkout", "payments-db", "platform", "not sure"]
    assert len(fields["priority"]["options"]) == 6
    assert form["labels"] == ["incident"]


def test_stale_files_are_found(root: Path) -> None:
    """By `tocsin check` and by `tocsin render --check`, until they are rendered again."""
    tocsin(root, "render")
    assert tocsin(root, "check", "--at", AT).exit_code == 0
    edit(root / "policies" / "services" / "checkout.yaml", "owner: payments", "owner: platform")
    shown = tocsin(root, "check", "--at", AT)
    assert shown.exit_code == 1
    assert shown.stdout == (
        ".github/CODEOWNERS:1: the whole file: stale; expected what the policy files say now; run `tocsin render`\n"
    )
    assert ".github/CODEOWNERS: stale; expected what the policy files say now; run `tocsin render`\n" in (
        tocsin(root, "render", "--check").stdout
    )
    tocsin(root, "render")
    assert tocsin(root, "check", "--at", AT).exit_code == 0


def test_what_people_wrote_is_left(root: Path) -> None:
    """A CODEOWNERS without our first line stays as it is, and is named."""
    (root / ".github").mkdir()
    (root / ".github" / "CODEOWNERS").write_text("* @ana\n")
    shown = tocsin(root, "render")
    assert (root / ".github" / "CODEOWNERS").read_text() == "* @ana\n"
    assert ".github/CODEOWNERS: not made by `tocsin render`" in shown.stderr
    assert tocsin(root, "check", "--at", AT).stdout == (
        ".github/CODEOWNERS:1: the whole file: not made by `tocsin render`; expected what the policy files say now; "
        "remove it, then run `tocsin render`\n"
    )


def test_a_company_without_github_has_none(mini: Path) -> None:
    """Nothing is written and nothing is missed."""
    tocsin(mini, "render")
    assert not (mini / ".github").exists()
    assert tocsin(mini, "check", "--at", AT).exit_code == 0
    shutil.rmtree(mini / "rendered")
