"""The drill's stage: which addresses, which folder, which people; decided before anything is started."""

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from alerting.model.policy import Policy
from alerting.timescale import Timescale
from tools.drill.ports import LOOPBACK, claimed_port

SEED: Final = 7
SLACK_TOKEN: Final = "slack-bot-token"
SLACK_SECRETS: Final = "slack-signing-secrets"
PAGERDUTY_TOKEN: Final = "pagerduty-token"
PAGERDUTY_SECRETS: Final = "pagerduty-webhook-secrets"
GITHUB_TOKEN: Final = "github-token"
GITHUB_SECRETS: Final = "github-webhook-secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where everything listens, all on the loopback address."""

    prometheus: int
    alertmanager: int
    bot: int
    checkout: int
    outbound: int
    smtp: int

    @classmethod
    def choose(cls, until: ExitStack) -> "Ports":
        """The ports that people know where they are free, any free ones otherwise; ours until the stack is closed."""
        wishes = {"prometheus": 9090, "alertmanager": 9093, "bot": 8000, "checkout": 0, "outbound": 0, "smtp": 0}
        return cls(**{name: claimed_port(wish, until) for name, wish in wishes.items()})

    def url(self, name: str) -> str:
        """The address of one of them."""
        return f"http://{LOOPBACK}:{getattr(self, name)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything the programs need, decided before one of them starts."""

    root: Path
    """The repository that the drill was called in."""
    policies: Path
    """The repository whose policies hold: the same, or a copy in which something was changed."""
    folder: Path
    ports: Ports
    scale: Timescale
    policy: Policy
    """The repository's policy, with the drill's own addresses in its routing."""
    responder: str
    """Who is on call and acknowledges."""
    token: str
    """The responder's token for the bot."""
    approver: str
    """Who else may approve what the responder asks for; empty if nobody may."""
    approver_token: str
    alertmanager_token: str

    @property
    def remote(self) -> Path:
        """The bare repository that stands for the team's host of git."""
        return self.folder / "remote.git"

    @property
    def checkout_pid_file(self) -> Path:
        """Where the service's current process id is kept."""
        return self.folder / "checkout.pid"

    def note_checkout(self, pid: int) -> None:
        """Says which process is the service now; a reader sees the old number or the new one, never an empty file."""
        new = self.checkout_pid_file.with_suffix(".new")
        new.write_text(str(pid))
        new.replace(self.checkout_pid_file)

    def client_environment(self, who: str = "responder") -> Mapping[str, str]:
        """What `tocsin incident` needs to speak to the drill's bot as the responder or the approver."""
        return {"TOCSIN_URL": self.ports.url("bot"), "TOCSIN_TOKEN_FILE": str(self.folder / "secrets" / who)}


def drill_policy(policy: Policy, ports: Ports, scale: Timescale, secrets_folder: Path) -> Policy:
    """The policy with its outside addresses replaced by the drill's; everything else stays as it is in the files."""
    routing = policy.routing
    changed = routing.model_copy(
        update={
            "group_wait": scale.window(routing.group_wait),
            "group_interval": scale.window(routing.group_interval),
            "bot_url": ports.url("bot"),
            "public_bot_url": ports.url("bot"),
            "slack_api_url": f"{ports.url('outbound')}/slack/api/chat.postMessage",
            "pagerduty_url": f"{ports.url('outbound')}/pagerduty/v2/enqueue",
            "secrets": routing.secrets.model_copy(update={"folder": str(secrets_folder)}),
            "email": routing.email.model_copy(
                update={
                    "smarthost": f"{LOOPBACK}:{ports.smtp}",
                    "require_tls": False,
                    "username": None,
                    "password_file": None,
                }
            ),
        }
    )
    return replace(policy, routing=changed)


def new_token() -> str:
    """A secret nobody can guess."""
    return secrets.token_urlsafe(32)
