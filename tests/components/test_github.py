"""The repository on GitHub as the program registers it."""

from pathlib import Path
from typing import Any

import pytest

from alerting.github.labels import labels
from alerting.policy import load
from stacks.settings import SettingsError
from tests.conftest import DATA
from tools.program import Recording, record_stack
from tools.program.checking import mistakes
from tools.program.running import run_main, stack_recorder

SECTION: dict[str, Any] = {
    "token": "a-token",
    "owner": "example",
    "repository": "tocsin",
    "bot": {"app": 4711, "deploy_key": True},
    "webhook_secret": "a-secret",
}


@pytest.fixture(scope="module")
def found() -> Recording:
    """The miniature company in production."""
    return record_stack(DATA / "mini", "production", changes={"tocsin:github": SECTION})


def ruleset(found: Recording, name: str) -> Any:
    """The inputs of a ruleset."""
    return found.named(f"ruleset-{name}").inputs


def test_a_provider_would_take_it(found: Recording) -> None:
    """No unknown property, wrong type or Output in a text."""
    assert mistakes(found) == []


def test_only_the_bot_pushes_records(found: Recording) -> None:
    """Nobody else makes, moves, rewrites or removes the branch."""
    rules = ruleset(found, "records")
    assert rules["conditions"]["refName"]["includes"] == ["refs/heads/records"]
    assert rules["rules"] == {"creation": True, "update": True, "deletion": True, "nonFastForward": True}
    assert rules["bypassActors"] == [
        {"actorType": "Integration", "actorId": 4711, "bypassMode": "always"},
        {"actorType": "DeployKey", "bypassMode": "always"},
    ]


def test_main_is_reviewed_by_owners(found: Recording) -> None:
    """By pull request, after the checks, with no exception for anybody."""
    rules = ruleset(found, "main")
    assert rules["conditions"]["refName"]["includes"] == ["~DEFAULT_BRANCH"]
    assert rules["bypassActors"] == []
    assert rules["rules"]["pullRequest"]["requireCodeOwnerReview"] is True
    assert rules["rules"]["pullRequest"]["requiredApprovingReviewCount"] == 1
    assert rules["rules"]["requiredStatusChecks"]["requiredChecks"] == [{"context": "policies"}, {"context": "test"}]


def test_the_bot_hears_of_issues_and_its_secret_is_one(found: Recording) -> None:
    """The webhook is signed; what signs it is secret in the plan."""
    webhook = found.named("webhook-bot")
    assert webhook.inputs["configuration"]["url"] == "https://incidents.example.com/github"
    assert webhook.inputs["events"] == ["issue_comment", "issues", "pull_request", "push"]
    assert any(path[:1] == ("configuration",) for path in webhook.secrets)
    [account] = found.of_type("pulumi:providers:github")
    assert ("token",) in account.secrets


def test_each_priority_state_service_and_team_has_a_label(found: Recording) -> None:
    """Within GitHub's limits, each name once."""
    made = [one.inputs for one in found.of_type("github:index/issueLabel:IssueLabel")]
    names = [label["name"] for label in made]
    assert len(names) == len(set(names)) == len(labels(load(DATA / "mini")))
    assert {"incident", "priority: P0", "state: mitigated", "service: checkout", "team: payments"} <= set(names)
    assert all(len(label["name"]) <= 50 and len(label["description"]) <= 100 for label in made)


def test_a_bot_is_somebody(mini: Path) -> None:
    """A branch to which nobody may push stops before anything is registered."""
    section = {**SECTION, "bot": {}}
    recorder = stack_recorder(mini, "production", changes={"tocsin:github": section})
    with pytest.raises(SettingsError) as caught:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    [problem] = caught.value.problems
    assert problem.object == "stack production: tocsin:github.bot"
    assert problem.expected == "expected `app`, `user` or `deploy_key`, as whom the bot pushes"
