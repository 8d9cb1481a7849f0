"""`tocsin drill --page`: a test page through every channel of one person."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from alerting.model.policy import Policy
from alerting.policy import load
from alerting.timescale import REAL
from tools.drill.ports import free_port
from tools.drill.stage import Ports, drill_policy
from tools.drill.standins import Outbound, running
from tools.drill.test_page import Sent, send

AT = datetime(2026, 2, 1, 10, tzinfo=UTC)


@contextmanager
def somewhere(mini: Path, *, listening: bool = True) -> Iterator[tuple[Policy, Path, Ports, Outbound]]:
    """The policy with addresses of stand-ins, the folder of its secrets, and what arrives."""
    ports = Ports(
        **{name: free_port() for name in ("prometheus", "alertmanager", "bot", "checkout", "outbound", "smtp")}
    )
    secrets = mini / "secrets"
    secrets.mkdir()
    policy = drill_policy(load(mini), ports, REAL, secrets)
    (secrets / policy.routing.secrets.slack_token).write_text("token\n")
    (secrets / policy.routing.secrets.pagerduty_key.replace("{service}", "checkout")).write_text("key\n")
    outbound = Outbound()
    if not listening:
        yield policy, secrets, ports, outbound
        return
    with running(outbound, ports.outbound, ports.smtp):
        yield policy, secrets, ports, outbound


def test_every_channel_of_the_person_gets_the_page(mini: Path) -> None:
    """Mail, Slack and PagerDuty, each with words that say that nothing is wrong."""
    with somewhere(mini) as (policy, secrets, _, outbound):
        sent = send(policy, secrets, "ana", AT)
    assert [(one.channel, one.problem) for one in sent] == [("email", None), ("slack", None), ("pagerduty", None)]
    assert [message.channel for message in outbound.messages] == ["email", "slack", "pagerduty"]
    mail, slack, page = outbound.messages
    assert mail.title == "[drill] test page"
    assert "nothing is wrong" in mail.body
    assert slack.body["channel"] == sent[1].to
    assert page.body["routing_key"] == "key"
    assert page.body["dedup_key"] == "tocsin-drill-checkout-20260201T100000Z"


def test_a_channel_that_fails_says_which_address_and_keeps_no_other_from_being_tried(mini: Path) -> None:
    """Each has its own reason, in one line."""
    with somewhere(mini, listening=False) as (policy, secrets, ports, _):
        email, slack, pagerduty = send(policy, secrets, "ana", AT)
    assert email.problem == (
        f"the mail server 127.0.0.1:{ports.smtp} of policies/routing.yaml: [Errno 111] Connection refused"
    )
    assert slack.problem == f"no answer from {ports.url('outbound')}/slack/api/chat.postMessage"
    assert pagerduty.problem == f"no answer from {ports.url('outbound')}/pagerduty/v2/enqueue"


def test_a_secret_that_is_not_there_is_named_with_the_way_out(mini: Path) -> None:
    """On a laptop Alertmanager's secrets are somewhere else."""
    with somewhere(mini) as (policy, secrets, _, _):
        path = secrets / policy.routing.secrets.slack_token
        path.unlink()
        slack: Sent = send(policy, secrets, "ana", AT)[1]
    assert slack.problem == (
        f"no secret {path}; put it there, or name the folder of Alertmanager's secrets with --secrets"
    )
