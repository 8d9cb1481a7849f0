"""Places outside that a stack's bot works with."""

import re
from typing import Any

import pytest

from bots.settings import read_settings
from components.bot import secret_files
from stacks.bot_places import places
from stacks.sections.bot import Bot, BotGitHub
from tests.components.test_bot import IMAGE, SECRETS
from tests.stacks.companies import MINI
from tools.program import record_stack

REMOTE = "git@example.com:a/b.git"


def _environment(section: dict[str, Any], folder: Any) -> dict[str, str]:
    """What the bot of a production stack with a section finds, with the Secret's files in a folder."""
    made = record_stack(MINI, "production", changes={"tocsin:bot": {"image": IMAGE, "remote": REMOTE, **section}})
    stored = made.manifest("Secret", "tocsin-bot", "monitoring")["stringData"]
    (container,) = made.manifest("StatefulSet", "tocsin", "monitoring")["spec"]["template"]["spec"]["containers"]
    environment = {one["name"]: str(one["value"]) for one in container["env"]}
    for name, value in environment.items():
        if name.endswith("_FILE"):
            file = folder / value.rpartition("/")[2]
            file.write_text(stored.get(file.name, "x"))
            environment[name] = str(file)
    return environment


@pytest.mark.parametrize(
    ("pagerduty", "url", "webhook"),
    [
        ({"sender": "tocsin@example.com"}, "https://api.pagerduty.com", True),
        ({"sender": "tocsin@example.com", "region": "eu", "webhook": False}, "https://api.eu.pagerduty.com", False),
    ],
    ids=["us", "eu, without a webhook"],
)
def test_the_bot_of_a_stack_knows_its_pagerduty(
    pagerduty: dict[str, Any], url: str, webhook: bool, tmp_path: Any
) -> None:
    """Its pod has the variables and the Secret has the files; the bot reads them."""
    secrets = SECRETS | {"pagerduty_token": "key", "pagerduty_webhook_secrets": "one\ntwo"}
    section = {"secrets": secrets, "pagerduty": pagerduty}
    found = read_settings(_environment(section, tmp_path)).pagerduty
    assert found is not None
    assert (found.sender, found.url) == ("tocsin@example.com", url)
    assert found.token_file.read_text() == "key\n"
    assert (found.webhook_secrets_file is not None) is webhook
    if found.webhook_secrets_file is not None:
        assert found.webhook_secrets_file.read_text() == "one\ntwo\n"


@pytest.mark.parametrize("socket", [False, True], ids=["posted to", "by socket"])
def test_the_bot_of_a_stack_knows_its_slack(socket: bool, tmp_path: Any) -> None:
    """The pod's variables and the Secret's files are what the bot reads; only those of the way that is used."""
    own = {"slack_token": "bot", "slack_signing_secrets": "old\nnew", "slack_app_token": "app"}
    section = {"secrets": SECRETS | own, "slack": {"socket": socket}}
    found = read_settings(_environment(section, tmp_path)).slack
    assert found is not None
    assert (found.url, found.token_file.read_text()) == ("https://slack.com/api", "bot\n")
    assert (found.app_token_file is not None, found.signing_secrets_file is None) == (socket, socket)
    if found.signing_secrets_file is not None:
        assert found.signing_secrets_file.read_text() == "old\nnew\n"


@pytest.mark.parametrize("app", [None, 123456], ids=["a token", "an App"])
def test_the_bot_of_a_stack_knows_its_github(app: int | None, tmp_path: Any) -> None:
    """The pod's variables and the Secret's files are what the bot reads; a key keeps its lines."""
    own = {"github_token": "token", "github_app_key": "-----BEGIN\nkey\nEND-----", "github_webhook_secrets": "old\nnew"}
    github = {"repository": "example/incidents"} | ({"app": app} if app else {})
    section = {"secrets": SECRETS | own, "github": github}
    found = read_settings(_environment(section, tmp_path)).github
    assert found is not None
    assert (found.repository, found.url, found.app_id) == (
        "example/incidents",
        "https://api.github.com",
        str(app or ""),
    )
    assert found.webhook_secrets_file is not None
    assert found.webhook_secrets_file.read_text() == "old\nnew\n"
    kept = found.app_key_file if app else found.token_file
    assert kept is not None
    assert kept.read_text() == ("-----BEGIN\nkey\nEND-----\n" if app else "token\n")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"repository": "https://github.com/a/b"},
            "is no repository of GitHub; expected owner/name, such as example/incidents",
        ),
        ({"app": "my app"}, "is not the id of a GitHub App; expected one such as 123456"),
        ({"url": "api.github.com"}, "is no address; expected one such as https://github.example.com/api/v3"),
    ],
)
def test_a_mistake_about_github_is_told(changed: dict[str, str], message: str) -> None:
    """With what was expected."""
    with pytest.raises(ValueError, match=re.escape(message)):
        BotGitHub.model_validate({"repository": "example/incidents"} | changed)


def test_a_store_outside_is_asked_for_the_files() -> None:
    """Those of the places beside the bot's own."""
    section = Bot.model_validate({"image": IMAGE, "remote": REMOTE, "pagerduty": {"sender": "tocsin@example.com"}})
    assert secret_files(REMOTE, places(section)) == [
        "alertmanager-tokens",
        "member-tokens",
        "ssh-key",
        "known-hosts",
        "pagerduty-token",
        "pagerduty-webhook-secrets",
    ]
    slack = Bot.model_validate({"image": IMAGE, "remote": REMOTE, "slack": {"socket": True}})
    assert secret_files(REMOTE, places(slack))[4:] == ["slack-bot-token", "slack-app-token"]
    github = Bot.model_validate({"image": IMAGE, "remote": REMOTE, "github": {"repository": "a/b", "app": "1"}})
    assert secret_files(REMOTE, places(github))[4:] == ["github-app-key", "github-webhook-secrets"]
    plain = Bot.model_validate({"image": IMAGE, "remote": REMOTE})
    assert secret_files(REMOTE, places(plain)) == secret_files(REMOTE)


def test_the_bot_of_a_stack_knows_jira_and_who_vouches_for_people(tmp_path: Any) -> None:
    """Variables and files are what the bot reads."""
    own = {"jira_token": "j", "sign_on_client_secret": "s", "github_login_secret": "g"}
    section = {
        "secrets": SECRETS | own,
        "jira": {"url": "https://example.atlassian.net", "email": "tocsin@example.com"},
        "login": {
            "sign_on": {"issuer": "https://example.okta.com", "client_id": "0oa1", "groups_claim": "roles"},
            "github_client_id": "Iv1.a",
        },
    }
    found = read_settings(_environment(section, tmp_path))
    assert found.jira is not None
    assert (found.jira.url, found.jira.email) == ("https://example.atlassian.net", "tocsin@example.com")
    assert found.jira.token_file.read_text() == "j\n"
    sign_on, github = found.access.sign_on, found.access.github
    assert sign_on is not None
    assert (sign_on.issuer, sign_on.audience, sign_on.groups_claim) == ("https://example.okta.com", "0oa1", "roles")
    assert sign_on.client is not None
    assert sign_on.client.secret_file.read_text() == "s\n"
    assert github is not None
    assert (github.client.id, github.client.secret_file.read_text()) == ("Iv1.a", "g\n")


def test_an_issuer_alone_gives_no_login(tmp_path: Any) -> None:
    """Its tokens are taken on the API, for the audience that is named; the pages stay as they are."""
    section = {"secrets": SECRETS, "login": {"sign_on": {"issuer": "https://example.okta.com", "audience": "tocsin"}}}
    found = read_settings(_environment(section, tmp_path)).access
    assert found.sign_on is not None
    assert (found.sign_on.audience, found.sign_on.client, found.logs_in) == ("tocsin", None, False)


def test_tokens_must_be_for_somebody() -> None:
    """Else those for any other program of the company would be good."""
    with pytest.raises(ValueError, match="neither client_id nor audience; expected one of them"):
        Bot.model_validate(
            {"image": IMAGE, "remote": REMOTE, "login": {"sign_on": {"issuer": "https://a.example.com"}}}
        )
