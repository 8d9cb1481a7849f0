"""The program that runs inside a remediation job: its request, its result, its exit code."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.actions import ACTIONS
from alerting.job_names import MAX_REQUEST
from bots.actions.__main__ import TABLE, main
from bots.actions.errors import RequestError
from bots.actions.masking import masked
from bots.actions.request import Request, read_request, write_request
from bots.actions.result import MAX_OUTPUT, Change, read_result, result_of, schema, write_result

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
REQUEST = {"action": "restart_deployment", "target": {"namespace": "shop", "deployment": "checkout"}}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program, as a container runs it."""
    return subprocess.run(
        [sys.executable, "-m", "bots.actions", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_action_of_the_table_can_be_run() -> None:
    """And no other."""
    assert set(TABLE) == set(ACTIONS)


def test_what_it_is_called_with_wrongly_is_told() -> None:
    """No name, an unknown one, an unknown flag."""
    for arguments in ((), ("format_disks",), ("restart_pod", "--force"), ("restart_pod", "restart_pod")):
        done = run(*arguments)
        assert done.returncode == 2
        assert done.stderr == (
            "usage: python -m bots.actions NAME [--fail-on-findings], or --schema for the result's JSON Schema; "
            "NAME is one of restart_deployment, restart_pod, scale_deployment, clear_cache, run_diagnostics\n"
        )


def test_a_result_is_the_last_line_whatever_happens(tmp_path: Path) -> None:
    """A request that is none, a cluster that is none: refused and failed, each with its exit code."""
    refused = run("restart_deployment", TOCSIN_REQUEST="{}")
    assert refused.returncode == 3
    result = read_result(f"warning: something\n{refused.stdout}")
    assert result is not None
    assert (result.outcome, result.summary) == ("refused", "action: Field required; target: Field required")
    text = orjson.dumps(REQUEST).decode()
    failed = run("restart_deployment", TOCSIN_REQUEST=text, KUBECONFIG=str(tmp_path / "none"))
    assert failed.returncode == 1
    result = read_result(failed.stdout)
    assert result is not None
    assert result.outcome == "failed"
    assert result.summary == (
        f"no cluster: Configuration file {tmp_path}/none not found; expected a service account, or a file that "
        "KUBECONFIG names"
    )


def test_an_unforeseen_error_is_a_failed_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its text goes to the log, only its kind into the timeline."""
    (tmp_path / "broken").write_text("[1, 2]")
    environment = {"TOCSIN_REQUEST": orjson.dumps(REQUEST).decode(), "KUBECONFIG": str(tmp_path / "broken")}
    assert main(["restart_deployment"], environment) == 1
    said = capsys.readouterr()
    result = read_result(said.out)
    assert result is not None
    assert result.summary.startswith("stopped in an unforeseen way: ")
    assert result.summary.endswith("; the job's log says more")
    assert said.err


WRONG: dict[str, tuple[Any, str]] = {
    "not JSON": ("{", "the request is not JSON: unexpected end of data: line 1 column 2 (char 1)"),
    "another action": (
        {**REQUEST, "action": "restart_pod"},
        "action: got 'restart_pod'; expected restart_deployment, which is what runs here",
    ),
    "an unknown key": ({**REQUEST, "sudo": True}, "sudo: Extra inputs are not permitted"),
    "half a target": (
        {**REQUEST, "target": {"namespace": "shop"}},
        "target: deployment is missing; expected namespace, deployment for restart_deployment; add `deployment`",
    ),
    "a path for a name": (
        {**REQUEST, "target": {"namespace": "shop", "deployment": "../../secrets/x"}},
        (
            "target.deployment: '../../secrets/x' is not a name in Kubernetes; expected lower-case letters, digits, "
            "`-` and `.`"
        ),
    ),
    "a parameter out of bounds": (
        {**REQUEST, "parameters": {"add": 5}},
        "parameters.add: restart_deployment has no such parameter; expected no parameters; remove it",
    ),
    "too long": (
        {**REQUEST, "alert": "x" * MAX_REQUEST},
        "the request has 8,288 bytes; expected at most 8,192",
    ),
}


@pytest.mark.parametrize(("value", "says"), WRONG.values(), ids=WRONG)
def test_a_request_is_checked_once_more(value: Any, says: str) -> None:
    """This is the last place before something is changed."""
    text = value if isinstance(value, str) else orjson.dumps(value)
    with pytest.raises(RequestError) as caught:
        read_request(text, ACTIONS["restart_deployment"])
    assert str(caught.value) == says


def test_a_request_survives_writing_and_reading() -> None:
    """With everything, and with the least."""
    whole = Request(
        action="scale_deployment",
        target={"namespace": "shop", "deployment": "checkout"},
        parameters={"add": 2},
        dry_run=True,
        incident="INC-7",
        attempt=1,
        service="checkout",
        alert="HighErrorRate",
        at=NOW,
    )
    assert read_request(write_request(whole), ACTIONS["scale_deployment"]) == whole
    least = Request.model_validate(REQUEST)
    assert read_request(write_request(least), ACTIONS["restart_deployment"]) == least


@given(st.text(max_size=40_000), st.lists(st.text(max_size=400), max_size=3), st.integers(0, 9))
def test_a_result_survives_writing_and_reading_within_its_bounds(text: str, findings: list[str], attempt: int) -> None:
    """Whatever was found out, the document is one line that the bot takes and that its schema allows."""
    surrogates = "".join(chr(0xFFFD) if 0xD800 <= ord(letter) < 0xE000 else letter for letter in text)
    result = result_of(
        Request.model_validate({**REQUEST, "attempt": attempt}),
        "succeeded",
        surrogates,
        started_at=NOW,
        ended_at=NOW,
        changes=(Change(what="x"),),
        findings=tuple("".join(c if not 0xD800 <= ord(c) < 0xE000 else "?" for c in one) for one in findings),
        output=surrogates,
    )
    line = write_result(result)
    assert "\n" not in line
    assert read_result(f"before\n{line}\n") == result
    assert len(result.output) <= MAX_OUTPUT
    jsonschema_rs.validator_for(orjson.loads(schema())).validate(orjson.loads(line))


@given(st.text())
def test_a_log_without_a_result_has_none(log: str) -> None:
    """Nothing that others wrote is taken for one."""
    assert read_result(log) is None


def test_the_published_schema_is_fresh() -> None:
    """`python -m bots.actions --schema > docs/schema/remediation-result.schema.json` writes it."""
    assert run("--schema").stdout == (ROOT / "docs" / "schema" / "remediation-result.schema.json").read_text()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [hidden]"),
        ("password=hunter2 user=ana", "password=[hidden] user=ana"),
        ('{"api_key": "k-123456", "n": 1}', '{"api_key": "[hidden]", "n": 1}'),
        ("postgres://shop:pa55@db:5432/x", "postgres://shop:[hidden]@db:5432/x"),
        ("key AKIAABCDEFGHIJKLMNOP used", "key [hidden] used"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nx",
            "-----BEGIN RSA PRIVATE KEY-----[hidden]\nx",
        ),
        ("token ghp_abcdefghijklmnopqrstuvwxyz", "token [hidden]"),
        ("jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2ln end", "jwt [hidden] end"),
        ("GET /tokens 200 in 12 ms", "GET /tokens 200 in 12 ms"),
    ],
)
def test_secrets_of_common_forms_are_hidden(text: str, shown: str) -> None:
    """In what logs say; other text is left alone."""
    assert masked(text) == shown
