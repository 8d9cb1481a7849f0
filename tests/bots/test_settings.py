"""The environment as a value."""

import re
from pathlib import Path

import pytest

from alerting.model.quantities import Duration
from bots.errors import SettingsError
from bots.settings import Settings, read_client_settings, read_settings

ROOT = Path(__file__).parents[2]


def _environment(tmp_path: Path, **changes: str) -> dict[str, str]:
    (tmp_path / "tokens").write_text("secret\n")
    least = {
        "TOCSIN_STATE_DIR": str(tmp_path / "state"),
        "TOCSIN_ALERTMANAGER_TOKENS_FILE": str(tmp_path / "tokens"),
        "TOCSIN_MEMBER_TOKENS_FILE": str(tmp_path / "tokens"),
    }
    return least | changes


def test_the_least_that_is_needed_gives_the_documented_defaults(tmp_path: Path) -> None:
    """A folder and two files of tokens are enough."""
    assert read_settings(_environment(tmp_path)) == Settings(
        state_dir=tmp_path / "state",
        remote=None,
        alertmanager_tokens_file=tmp_path / "tokens",
        member_tokens_file=tmp_path / "tokens",
        prometheus_urls=(),
        alertmanager_urls=(),
        ca_file=None,
        reconcile_every=Duration(60_000),
        public_url=None,
        actions_file=None,
        remediation_namespace=None,
        kubeconfig=None,
        inbox_limit_mib=1024,
    )


def test_everything_may_be_set(tmp_path: Path) -> None:
    """Every variable reaches its field."""
    settings = read_settings(
        _environment(
            tmp_path,
            TOCSIN_REMOTE="git@example.com:shop/tocsin.git",
            TOCSIN_PROMETHEUS_URLS="http://a:9090/, http://b:9090",
            TOCSIN_ALERTMANAGER_URLS="http://c:9093",
            TOCSIN_RECONCILE_EVERY="30s",
            TOCSIN_PUBLIC_URL="https://incidents.example.com/",
            TOCSIN_ACTIONS_FILE=str(tmp_path / "tokens"),
            TOCSIN_CA_FILE=str(tmp_path / "tokens"),
            TOCSIN_INBOX_LIMIT_MIB="64",
            TOCSIN_TIME_LAPSE="60",
        )
    )
    assert settings.time_lapse == 60
    assert settings.remote == "git@example.com:shop/tocsin.git"
    assert settings.prometheus_urls == ("http://a:9090", "http://b:9090")
    assert settings.alertmanager_urls == ("http://c:9093",)
    assert settings.reconcile_every == Duration(30_000)
    assert settings.public_url == "https://incidents.example.com"
    assert settings.actions_file == tmp_path / "tokens"
    assert settings.ca_file == tmp_path / "tokens"
    assert settings.inbox_limit_mib == 64


def test_remediation_runs_in_one_place(tmp_path: Path) -> None:
    """On Kubernetes in a namespace, of the cluster that KUBECONFIG names or the bot's own; or on this machine."""
    file = str(tmp_path / "tokens")
    inside = read_settings(_environment(tmp_path, TOCSIN_REMEDIATION_NAMESPACE="tocsin-remediation"))
    assert (inside.remediation_namespace, inside.kubeconfig) == ("tocsin-remediation", None)
    named = read_settings(_environment(tmp_path, TOCSIN_REMEDIATION_NAMESPACE="tocsin-remediation", KUBECONFIG=file))
    assert named.kubeconfig == tmp_path / "tokens"
    elsewhere = read_settings(_environment(tmp_path, KUBECONFIG="/nowhere"))
    assert elsewhere.kubeconfig is None
    with pytest.raises(SettingsError) as caught:
        read_settings(_environment(tmp_path, TOCSIN_REMEDIATION_NAMESPACE="Not/One", KUBECONFIG="/nowhere"))
    assert str(caught.value).splitlines() == [
        "TOCSIN_REMEDIATION_NAMESPACE: 'Not/One' is not a namespace; expected one such as tocsin-remediation",
        "KUBECONFIG: no file /nowhere; expected one that can be read; create it or correct the path",
    ]
    with pytest.raises(SettingsError) as caught:
        read_settings(_environment(tmp_path, TOCSIN_REMEDIATION_NAMESPACE="x", TOCSIN_ACTIONS_FILE=file))
    assert str(caught.value) == (
        "TOCSIN_ACTIONS_FILE, TOCSIN_REMEDIATION_NAMESPACE: both set; expected one of them: an action runs in one place"
    )


def test_all_missing_and_wrong_variables_are_reported_together(tmp_path: Path) -> None:
    """One look is enough to correct the environment."""
    absent = tmp_path / "absent"
    bearers = "a file with the bearer tokens Alertmanager may use, one a line"
    environment = {
        "TOCSIN_STATE_DIR": " ",
        "TOCSIN_MEMBER_TOKENS_FILE": str(absent),
        "TOCSIN_PROMETHEUS_URLS": "http://a:9090,nonsense",
        "TOCSIN_RECONCILE_EVERY": "100ms",
        "TOCSIN_PUBLIC_URL": "incidents.example.com",
        "TOCSIN_INBOX_LIMIT_MIB": "1 GiB",
    }
    with pytest.raises(SettingsError) as caught:
        read_settings(environment)
    assert str(caught.value).splitlines() == [
        "TOCSIN_STATE_DIR: not set; expected a folder of the bot's own on a disk that survives a restart",
        f"TOCSIN_ALERTMANAGER_TOKENS_FILE: not set; expected {bearers}",
        f"TOCSIN_MEMBER_TOKENS_FILE: no file {absent}; expected one that can be read; create it or correct the path",
        "TOCSIN_PROMETHEUS_URLS: 'nonsense' is not an address; expected one such as http://127.0.0.1:9090",
        "TOCSIN_RECONCILE_EVERY: '100ms' is too short; expected at least 1s",
        "TOCSIN_PUBLIC_URL: 'incidents.example.com' is not an address; expected one such as http://127.0.0.1:9090",
        "TOCSIN_INBOX_LIMIT_MIB: '1 GiB' is not a number of MiB; expected a whole one such as 1024",
    ]


def test_the_command_line_is_told_everything_that_it_misses(tmp_path: Path) -> None:
    """Address and token are named together, and an empty token file is not a token."""
    with pytest.raises(SettingsError) as caught:
        read_client_settings({})
    assert str(caught.value).splitlines() == [
        "TOCSIN_URL: not set; expected the bot's address, such as http://127.0.0.1:8000",
        "TOCSIN_TOKEN_FILE: not set; expected a file with your token; `tocsin incident token NAME` makes one",
    ]
    (tmp_path / "token").write_text("\n")
    with pytest.raises(SettingsError) as caught:
        read_client_settings({"TOCSIN_URL": "http://bot:8000", "TOCSIN_TOKEN_FILE": str(tmp_path / "token")})
    assert str(caught.value) == f"TOCSIN_TOKEN_FILE: {tmp_path}/token is empty; expected your token"


def test_the_example_lists_every_variable_that_the_code_reads() -> None:
    """`.env.example` and the code name the same variables."""
    named = set(re.findall(r"^#? ?(TOCSIN_[A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    read: set[str] = set()
    for folder in ("alerting", "bots", "tools"):
        for path in (ROOT / folder).rglob("*.py"):
            read |= set(re.findall(r'"(TOCSIN_[A-Z_]+)"', path.read_text()))
    assert named == read


def test_pagerduty_is_an_account_or_nothing(tmp_path: Path) -> None:
    """The key alone serves other commands; with the sender or the webhook's secrets everything else is needed."""
    environment = _environment(tmp_path)
    (tmp_path / "key").write_text("k")
    environment["TOCSIN_PAGERDUTY_TOKEN_FILE"] = str(tmp_path / "key")
    assert read_settings(environment).pagerduty is None
    environment["TOCSIN_PAGERDUTY_FROM"] = "tocsin@example.com"
    found = read_settings(environment).pagerduty
    assert found is not None
    assert (found.url, found.webhook_secrets_file) == ("https://api.pagerduty.com", None)
    del environment["TOCSIN_PAGERDUTY_TOKEN_FILE"]
    environment |= {"TOCSIN_PAGERDUTY_FROM": "tocsin", "TOCSIN_PAGERDUTY_URL": "api"}
    with pytest.raises(SettingsError) as caught:
        read_settings(environment)
    assert str(caught.value).splitlines() == [
        "TOCSIN_PAGERDUTY_TOKEN_FILE: not set; expected a file with a key of PagerDuty's REST API that may write",
        "TOCSIN_PAGERDUTY_FROM: 'tocsin' is no e-mail address; expected that of a user in PagerDuty",
        "TOCSIN_PAGERDUTY_URL: 'api' is not an address; expected one such as http://127.0.0.1:9090",
    ]
