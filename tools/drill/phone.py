"""What the drill's people see on their phones: PagerDuty's page, and who has it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from alerting.model.policy import Policy
from tools.standins.pagerduty import Subscription
from tools.standins.pagerduty_account import Account

SENDER: Final = "tocsin@drill.example"
"""The user of the account in whose name the bot acts."""


@contextmanager
def phones(account: Account, policy: Policy, secret: str, bot_url: str) -> Iterator[None]:
    """Everybody of the teams has an account, and the bot hears what happens there while the context is open."""
    people = {member.name: member.email for team in policy.teams.values() for member in team.members}
    account.users = {f"P{name.upper()}": email for name, email in sorted(people.items())} | {"PTOCSIN": SENDER}
    account.secrets = (secret,)
    with Subscription(account, f"{bot_url}/pagerduty").running():
        yield


def taken(account: Account) -> str:
    """Which page somebody has, and who; empty while none has been acknowledged."""
    with account.lock:
        for one in account.incidents:
            line = next((line for line in one.log if line.startswith("acknowledged by ")), "")
            if line:
                return f"page #{one.number} was {line}"
    return ""
