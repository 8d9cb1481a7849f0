"""`tocsin:github`: the repository of the company's policies, if the stack looks after it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, SecretStr, Strict

from alerting.model.quantities import Flag
from stacks.sections.section import Section, rule, shaped

Id = Annotated[int, Strict(), Field(ge=1)]


def _some(keys: Mapping[str, Any]) -> str | None:
    if "app" in keys or "user" in keys or keys.get("deploy_key", False) is not False:
        return None
    return "got nobody; expected `app`, `user` or `deploy_key`, as whom the bot pushes; add one of them"


class GitHubBot(Section):
    """As whom the bot pushes to GitHub; at least one of these."""

    app: Id | None = None
    """The id of its App."""
    user: Id | None = None
    """The numeric id of its account."""
    deploy_key: Flag = False
    """By a deploy key of the repository, over SSH; GitHub tells no such key from another."""

    _some = rule(_some)


class GitHub(Section):
    """The whole of `tocsin:github`."""

    token: SecretStr
    """Of somebody who may administer the repository."""
    owner: Annotated[
        str, shaped(r"[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?", "name on GitHub", "one such as example")
    ]
    """The organisation."""
    repository: Annotated[
        str, shaped(r"[A-Za-z0-9._-]{1,100}", "name of a repository", "one such as tocsin, without its owner")
    ]
    """The repository's name in it."""
    bot: GitHubBot
    """Who alone may push to the branch `records`."""
    webhook_secret: SecretStr
    """What signs deliveries to the bot; the bot has the same."""
    approvals: Annotated[int, Strict(), Field(ge=0, le=10)] = 1
    """Of each change of the main branch, by owners of what it changes."""
    required_checks: tuple[str, ...] = ("policies", "test")
    """Names of the checks that must succeed before a merge."""
    url: str | None = None
    """Of an Enterprise Server, such as https://github.example.com/; github.com by default."""
