"""`tocsin doctor`: what is here, what is missing, and what to do about it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.tools.parts_stand import UNREACHABLE
from tools.cli import main
from tools.doctor import PURPOSES


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without programs and without settings; its working directory is no repository."""
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TOCSIN_RELEASES_URL", UNREACHABLE)
    for name in ("STATE_DIR", "ALERTMANAGER_TOKENS_FILE", "MEMBER_TOKENS_FILE", "URL", "TOKEN_FILE"):
        monkeypatch.delenv(f"TOCSIN_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> Result:
    """Runs `tocsin` with these words."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_bare_machine_is_told_everything_at_once(bare: Path) -> None:
    """Every missing program and setting is reported in one run, and the status is 1."""
    result = call("doctor", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    missing = {(one["purpose"], one["thing"]) for one in found if not one["here"]}
    assert missing >= {
        ("policy", "repository"),
        ("drill", "git"),
        *(("drill", name) for name in ("prometheus", "promtool", "alertmanager", "amtool")),
        *(("tests", name) for name in ("promtool-2.42", "sloth")),
        *(("serve", f"TOCSIN_{name}") for name in ("STATE_DIR", "ALERTMANAGER_TOKENS_FILE", "MEMBER_TOKENS_FILE")),
        *(("incident", f"TOCSIN_{name}") for name in ("URL", "TOKEN_FILE")),
    }
    assert {one["purpose"] for one in found} == set(PURPOSES)
    assert not (bare / "cache").exists()


def test_missing_setting_says_what_is_expected(bare: Path) -> None:
    """A missing setting comes with what it should hold and where settings are described."""
    result = call("doctor", "--json", "incident")
    assert json.loads(result.stdout)[0] == {
        "purpose": "incident",
        "thing": "TOCSIN_URL",
        "here": False,
        "found": "not set; expected the bot's address, such as http://127.0.0.1:8000",
        "fix": "set TOCSIN_URL; see .env.example",
    }


def test_what_is_here_is_fine(mini: Path) -> None:
    """In a good repository with good parts the status is 0."""
    result = call("--root", str(mini), "doctor", "policy", "drill")
    assert result.exit_code == 0, result.output
    assert "to check and render the policy files\n  ok  repository    " in result.output
    assert "missing" not in result.output


def test_mistake_in_a_policy_file_is_pointed_at(mini: Path) -> None:
    """A repository with mistakes is not fine, and the first one is shown."""
    (mini / "policies" / "severity.yaml").write_text("surprise: 1\n", encoding="utf-8")
    result = call("--root", str(mini), "doctor", "policy", "--json")
    assert result.exit_code == 1
    finding = json.loads(result.stdout)[1]
    assert (finding["thing"], finding["here"]) == ("policy files", False)
    assert "mistakes, the first: policies/severity.yaml:1: " in finding["found"]
    assert finding["fix"] == "`tocsin check` lists them all"


def test_unknown_purpose_is_wrong_usage(bare: Path) -> None:
    """A misspelt purpose ends with status 2."""
    assert call("doctor", "dril").exit_code == 2
