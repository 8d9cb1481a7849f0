"""`tocsin drill --page NAME`: a test page through every channel of one person, and what became of each."""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import requests

from alerting.model.policy import Policy
from alerting.model.team import Member, Team
from tools.drill.errors import DrillError
from tools.drill.step import unanswered

TIMEOUT_S: Final = 10
TEXT: Final = (
    "Test page from `tocsin drill --page`: nothing is wrong. Tell your team if this did not reach you as a page would."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one channel."""

    channel: str
    to: str
    problem: str | None
    """Why nothing was sent, and the way out; None when the other side took it."""


def find_person(policy: Policy, name: str) -> tuple[Team, Member]:
    """The member of that name with their team; raises DrillError that lists who there is."""
    for team in policy.teams.values():
        for member in team.members:
            if member.name == name:
                return team, member
    known = ", ".join(sorted({member.name for team in policy.teams.values() for member in team.members}))
    raise DrillError(f"--page {name}: no team has a member of that name; expected one of: {known}")


def send(policy: Policy, secrets: Path, name: str, at: datetime) -> Sequence[Sent]:
    """Sends the test page; a channel that fails does not keep the others from being tried."""
    team, member = find_person(policy, name)
    services = sorted(service.service for service in policy.services.values() if service.owner == team.team)
    attempts: list[tuple[str, str, Callable[[], None]]] = [
        ("email", member.email, lambda: _mail(policy, secrets, member, at)),
    ]
    if member.slack:
        attempts.append(("slack", member.slack, lambda: _slack(policy, secrets, member.slack or "")))
    attempts.extend(
        (
            "pagerduty",
            f"whoever is on call for {service}",
            lambda service=service: _pagerduty(policy, secrets, service, member, at),  # type: ignore[misc]
        )
        for service in services[:1]
    )
    return [_attempt(channel, to, act) for channel, to, act in attempts]


def _attempt(channel: str, to: str, act: Callable[[], None]) -> Sent:
    try:
        act()
    except requests.RequestException as error:
        return Sent(channel=channel, to=to, problem=unanswered(error))
    except (DrillError, OSError, ValueError) as error:
        return Sent(channel=channel, to=to, problem=str(error))
    return Sent(channel=channel, to=to, problem=None)


def _secret(secrets: Path, name: str) -> str:
    path = secrets / name
    if not path.is_file():
        raise DrillError(f"no secret {path}; put it there, or name the folder of Alertmanager's secrets with --secrets")
    return path.read_text().strip()


def _mail(policy: Policy, secrets: Path, member: Member, at: datetime) -> None:
    email = policy.routing.email
    host, _, port = email.smarthost.rpartition(":")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = email.sender, member.email, "[drill] test page"
    mail["Date"] = at
    mail.set_content(TEXT)
    password = _secret(secrets, email.password_file) if email.username and email.password_file else None
    try:
        with smtplib.SMTP(host, int(port), timeout=TIMEOUT_S) as smtp:
            if email.require_tls:
                smtp.starttls(context=ssl.create_default_context())
            if email.username and password:
                smtp.login(email.username, password)
            smtp.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise DrillError(f"the mail server {email.smarthost} of policies/routing.yaml: {error}") from error


def _slack(policy: Policy, secrets: Path, member_id: str) -> None:
    answer = requests.post(
        policy.routing.slack_api_url,
        headers={"Authorization": f"Bearer {_secret(secrets, policy.routing.secrets.slack_token)}"},
        json={"channel": member_id, "text": TEXT},
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()
    # Slack answers 200 to refused calls too: https://docs.slack.dev/apis/web-api/#responses
    if not answer.json().get("ok"):
        raise DrillError(f"Slack refused: {answer.json().get('error', 'no reason given')}")


def _pagerduty(policy: Policy, secrets: Path, service: str, member: Member, at: datetime) -> None:
    event = {
        "routing_key": _secret(secrets, policy.routing.secrets.pagerduty_key.replace("{service}", service)),
        "event_action": "trigger",
        "dedup_key": f"tocsin-drill-{service}-{at:%Y%m%dT%H%M%SZ}",
        "payload": {"summary": f"[drill] test page for {member.name}: {TEXT}", "source": "tocsin", "severity": "info"},
    }
    requests.post(policy.routing.pagerduty_url, json=event, timeout=TIMEOUT_S).raise_for_status()
