"""Slack's variables: which are needed, and what is said where they do not fit."""

from pathlib import Path

import pytest

from bots.configuration.environment import Reader
from bots.configuration.secret_file import SecretFile
from bots.errors import SettingsError
from bots.slack.settings import take


def test_without_its_variables_there_is_no_slack(tmp_path: Path) -> None:
    """The token alone is that of a fire drill, which only reads."""
    (tmp_path / "token").write_text("x\n")
    reader = Reader({"TOCSIN_SLACK_TOKEN_FILE": str(tmp_path / "token")})
    assert take(reader) is None
    assert reader.problems == []


def test_what_is_missing_is_told_together(tmp_path: Path) -> None:
    """A way in and a token are needed; an address must be one."""
    reader = Reader({"TOCSIN_SLACK_URL": "slack"})
    take(reader)
    assert reader.problems == [
        (
            "TOCSIN_SLACK_APP_TOKEN_FILE, TOCSIN_SLACK_SIGNING_SECRETS_FILE: neither is set; "
            "expected one of them, or both: "
            "signed requests arrive by HTTP, Socket Mode needs no way in"
        ),
        "TOCSIN_SLACK_TOKEN_FILE: not set; expected a file with the app's bot token, xoxb-…",
        "TOCSIN_SLACK_URL: 'slack' is not an address; expected one such as http://127.0.0.1:9090",
    ]


def test_both_ways_at_a_time_and_slacks_own_address(tmp_path: Path) -> None:
    """By default the Web API is Slack's."""
    for name in ("token", "app", "secrets"):
        (tmp_path / name).write_text("x\n")
    reader = Reader(
        {
            "TOCSIN_SLACK_TOKEN_FILE": str(tmp_path / "token"),
            "TOCSIN_SLACK_APP_TOKEN_FILE": str(tmp_path / "app"),
            "TOCSIN_SLACK_SIGNING_SECRETS_FILE": str(tmp_path / "secrets"),
        }
    )
    found = take(reader)
    assert reader.problems == []
    assert found is not None
    assert found.url == "https://slack.com/api"
    assert found.app_token_file == tmp_path / "app"
    assert found.signing_secrets_file == tmp_path / "secrets"


def test_an_empty_file_of_secrets_stops_the_start(tmp_path: Path) -> None:
    """Better than a bot that refuses every request."""
    (tmp_path / "secrets").write_text("\n")
    with pytest.raises(SettingsError) as caught:
        SecretFile(tmp_path / "secrets", "TOCSIN_SLACK_SIGNING_SECRETS_FILE")
    expected = "expected a text file that the bot may read, with one secret a line"
    where = f"TOCSIN_SLACK_SIGNING_SECRETS_FILE: {tmp_path / 'secrets'}"
    assert str(caught.value) == f"{where}: no secret in it; {expected}"
