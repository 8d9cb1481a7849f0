"""The policy of the repository that a command works on; mistakes in its files end the command with status 1."""

import sys
from collections.abc import Iterable
from typing import NoReturn

import click

from alerting.errors import PolicyError
from alerting.model.policy import Policy
from alerting.policy import load
from alerting.problem import Problem
from tools.root import repository


def loaded_policy(ctx: click.Context) -> Policy:
    """The policy, or every problem on standard error and the end."""
    try:
        return load(repository(ctx))
    except PolicyError as error:
        refuse(error.problems)


def refuse(problems: Iterable[Problem]) -> NoReturn:
    """Shows problems, a line each, and ends the command with status 1."""
    for problem in problems:
        click.echo(str(problem), err=True)
    sys.exit(1)
