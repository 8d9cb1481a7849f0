"""GitHub in the environment."""

from pathlib import Path

from bots.configuration.environment import Reader
from bots.github.settings import GitHubSettings, take


def test_without_a_repository_there_is_no_github(tmp_path: Path) -> None:
    """A token alone serves other commands."""
    reader = Reader({"TOCSIN_GITHUB_TOKEN_FILE": str(tmp_path)})
    assert (take(reader), reader.problems) == (None, [])


def test_an_account_and_an_app(tmp_path: Path) -> None:
    """Either will do."""
    (tmp_path / "f").write_text("x\n")
    file = str(tmp_path / "f")
    reader = Reader(
        {
            "TOCSIN_GITHUB_REPOSITORY": "example/incidents",
            "TOCSIN_GITHUB_TOKEN_FILE": file,
            "TOCSIN_GITHUB_WEBHOOK_SECRETS_FILE": file,
        }
    )
    assert take(reader) == GitHubSettings(
        repository="example/incidents",
        token_file=tmp_path / "f",
        app_id="",
        app_key_file=None,
        webhook_secrets_file=tmp_path / "f",
        url="https://api.github.com",
    )
    reader = Reader(
        {
            "TOCSIN_GITHUB_REPOSITORY": "example/incidents",
            "TOCSIN_GITHUB_APP_ID": "123456",
            "TOCSIN_GITHUB_APP_KEY_FILE": file,
            "TOCSIN_GITHUB_URL": "https://github.example.com/api/v3/",
        }
    )
    found = take(reader)
    assert found is not None
    assert (found.app_id, found.app_key_file, found.token_file, found.url) == (
        "123456",
        tmp_path / "f",
        None,
        "https://github.example.com/api/v3",
    )
    assert reader.problems == []


def test_every_mistake_is_told(tmp_path: Path) -> None:
    """With what was expected."""
    file = tmp_path / "f"
    file.write_text("x")
    reader = Reader(
        {
            "TOCSIN_GITHUB_REPOSITORY": "https://github.com/example/incidents",
            "TOCSIN_GITHUB_TOKEN_FILE": str(file),
            "TOCSIN_GITHUB_APP_ID": "my app",
            "TOCSIN_GITHUB_URL": "api.github.com",
        }
    )
    take(reader)
    both = "both set; expected one of them: the bot is an account or an App"
    name = "is not a repository; expected owner/name, such as example/incidents"
    assert reader.problems == [
        f"TOCSIN_GITHUB_TOKEN_FILE, TOCSIN_GITHUB_APP_ID: {both}",
        f"TOCSIN_GITHUB_REPOSITORY: 'https://github.com/example/incidents' {name}",
        "TOCSIN_GITHUB_APP_ID: 'my app' is not the id of a GitHub App; expected one such as 123456",
        "TOCSIN_GITHUB_APP_KEY_FILE: not set; expected the private key of the GitHub App",
        "TOCSIN_GITHUB_URL: 'api.github.com' is not an address; expected one such as http://127.0.0.1:9090",
    ]
    reader = Reader({"TOCSIN_GITHUB_WEBHOOK_SECRETS_FILE": str(file)})
    take(reader)
    who = "a file with a token that may write issues, or a GitHub App's id and key"
    assert reader.problems == [
        "TOCSIN_GITHUB_REPOSITORY: not set; expected the repository of the issues, as owner/name",
        f"TOCSIN_GITHUB_TOKEN_FILE: not set; expected {who}",
    ]
