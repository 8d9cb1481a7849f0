"""What must be true of `tocsin:grafana` beyond its shape."""

from collections.abc import Iterator
from typing import Final

from alerting.model.policy import Policy
from alerting.syntax import Flaw
from stacks.sections.stack import Stack

LEAST: Final = 12
"""Characters of a password."""
SHIPPED: Final = frozenset({"admin", "SW2YcwTIb9zpOOhoPsMm"})
"""Secrets that Grafana's own defaults.ini holds."""


def secrets_are_our_own(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """No secret that is short or that everybody knows."""
    server = stack.grafana.server if stack.grafana is not None else None
    if server is None:
        return
    for key, secret in (("admin_password", server.admin_password), ("secret_key", server.secret_key)):
        text = secret.get_secret_value()
        if text in SHIPPED or len(text) < LEAST:
            yield Flaw(
                path=("grafana", "server", key),
                wrong="got one that is short or known to everybody",
                expected=f"expected at least {LEAST} characters of your own",
                fix=f"run `openssl rand -hex 24 | pulumi config set --secret --path tocsin:grafana.server.{key}`",
            )
