"""The lock on a remediation's target: a Lease of the cluster, whoever asks and whatever is to be done.

A lock that is left over ends by itself, or when somebody sees that the Job that held it is over.
"""

from datetime import datetime
from typing import Final

import httpx
import lightkube
from lightkube.resources.batch_v1 import Job
from lightkube.resources.coordination_v1 import Lease

from bots.errors import Unreachable
from bots.guards.attempted import aim
from bots.kubernetes.ending import end_of
from bots.kubernetes.plan import holder, job_name, lease, lease_name, lease_spec, needs_lock
from bots.timeline.effect import RunRemediation

_AGAIN_S: Final = 10.0
"""Seconds until a lock that somebody else holds is looked at again."""


def take(client: lightkube.Client, run: RunRemediation, now: datetime) -> None:
    """Takes the lock for a run, which may have it already; raises Unreachable while another run holds it.

    Raises what the API server says otherwise.
    """
    try:
        client.create(lease(run, now))
        return
    except lightkube.ApiError as error:
        if error.status.reason != "AlreadyExists":
            raise
    found = client.get(Lease, lease_name(run.target))
    held_by = holder(found, now)
    if held_by == job_name(run):
        return
    if held_by and not _has_ended(client, held_by):
        why = f"{aim(run.target)} is being worked on by {held_by}"
        raise Unreachable(why, unknown=False, alone=True, after_s=_AGAIN_S)
    found.spec = lease_spec(run, now)
    try:
        # With the version that was read: whoever else saw it free at the same time loses.
        client.replace(found)
    except lightkube.ApiError as error:
        if error.status.code != 409:
            raise
        raise Unreachable(
            f"somebody else took the lock on {lease_name(run.target)}", alone=True, after_s=_AGAIN_S
        ) from error


def _has_ended(client: lightkube.Client, name: str) -> bool:
    """Whether the Job that holds a lock is over; one that is not there yet may be about to be made."""
    try:
        return end_of(client.get(Job, name)) is not None
    except lightkube.ApiError as error:
        if error.status.code == 404:
            return False
        raise


def give_back(client: lightkube.Client, run: RunRemediation) -> None:
    """Lets the next one have it, if this run holds it and the API server can be reached."""
    if not needs_lock(run):
        return
    try:
        found = client.get(Lease, lease_name(run.target))
        if found.spec is not None and found.spec.holderIdentity == job_name(run):
            found.spec.holderIdentity = ""
            client.replace(found)
    except httpx.HTTPError:
        return
