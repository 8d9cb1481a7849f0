"""`POST /github`: signed, kept, answered."""

import hashlib
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
import requests

from bots.configuration.secret_file import SecretFile
from bots.errors import Rejected
from tests.bots.github.stage import SECRET, Stage


def _post(stage: Stage, body: bytes, *, secret: str = SECRET, **headers: str) -> requests.Response:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    sent = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": f"sha256={digest}",
        **headers,
    }
    return requests.post(f"{stage.bot_url}/github", data=body, headers=sent, timeout=10)


def _detail(answer: requests.Response) -> Any:
    return answer.json()["detail"]


def test_githubs_own_example_of_a_signature_holds(tmp_path: Path) -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""
    (tmp_path / "secrets").write_text("It's a Secret to Everybody\n")
    wanted = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert SecretFile(tmp_path / "secrets", "X").signed(b"Hello, World!", [wanted])


def test_what_is_signed_is_on_the_disk_before_it_is_answered(stage: Stage) -> None:
    """With the headers that matter, and the body as it came."""
    answer = _post(stage, b'{"action": "opened"}')
    assert (answer.status_code, answer.json()) == (202, {"status": "kept"})
    (item,) = stage.tools.inbox.pending(10)
    assert orjson.loads(item.body) == {
        "event": "issues",
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "payload": '{"action": "opened"}',
    }


def test_two_secrets_are_valid_at_a_time(stage: Stage) -> None:
    """The older one too, until it is taken out of the file."""
    assert _post(stage, b"{}", secret="older").status_code == 202
    answer = _post(stage, b"{}", secret="other")
    assert (answer.status_code, _detail(answer)) == (
        401,
        "not signed with a secret of the webhook; expected the header X-Hub-Signature-256",
    )
    assert _post(stage, b"{}", **{"X-Hub-Signature-256": ""}).status_code == 401


def test_events_that_are_not_used_are_answered_and_forgotten(stage: Stage) -> None:
    """GitHub would count a refusal as a delivery that failed."""
    answer = _post(stage, b"{}", **{"X-GitHub-Event": "ping"})
    assert (answer.status_code, answer.json()) == (202, {"status": "ignored"})
    assert stage.tools.inbox.waiting() == 0


def test_what_is_no_delivery_is_refused_with_the_reason(stage: Stage) -> None:
    """An id that is none, a body that is no text."""
    answer = _post(stage, b"{}", **{"X-GitHub-Delivery": "../x"})
    assert (answer.status_code, _detail(answer)) == (400, "no delivery's id; expected the header X-GitHub-Delivery")
    answer = _post(stage, b"\xff\xfe")
    assert answer.status_code == 400
    why = "the body cannot be read; expected JSON: set the webhook's content type to application/json"
    assert _detail(answer) == why
    answer = _post(stage, b"other=1", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, _detail(answer)) == (400, why)


def test_the_content_type_that_github_proposes_will_do(stage: Stage) -> None:
    """A webhook made by hand sends a form unless somebody chooses JSON; the signature is that of the form."""
    body = urlencode({"payload": '{"action": "opened é"}'}).encode()
    answer = _post(stage, body, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()) == (202, {"status": "kept"})
    (item,) = stage.tools.inbox.pending(10)
    assert orjson.loads(item.body)["payload"] == '{"action": "opened é"}'


def test_a_body_that_is_no_event_is_set_aside(stage: Stage) -> None:
    """The writer says why; here the reason is the translator's own."""
    _post(stage, b'{"action": "opened"}')
    (item,) = stage.tools.inbox.pending(10)
    with pytest.raises(Rejected) as caught:
        stage._open(item)
    assert str(caught.value) == "not an event of GitHub: issue: Field required"
