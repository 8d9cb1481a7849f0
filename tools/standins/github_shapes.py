"""The JSON in which the played GitHub answers and tells, with every field that its description requires."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tools.standins.github_repository import Comment, Happening, Issue, Repository


def moment(at: datetime) -> str:
    """`2026-01-05T10:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def number_of(text: str) -> int:
    """An id that is the same for the same name."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:7], 16)


def user(base: str, login: str) -> dict[str, Any]:
    """An account."""
    home = f"{base}/users/{login}"
    urls = {
        "url": home,
        "html_url": f"{base}/{login}",
        "followers_url": f"{home}/followers",
        "following_url": f"{home}/following{{/other_user}}",
        "gists_url": f"{home}/gists{{/gist_id}}",
        "starred_url": f"{home}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{home}/subscriptions",
        "organizations_url": f"{home}/orgs",
        "repos_url": f"{home}/repos",
        "events_url": f"{home}/events{{/privacy}}",
        "received_events_url": f"{home}/received_events",
    }
    about = {"login": login, "id": number_of(login), "node_id": f"U_{login}", "avatar_url": f"{base}/avatar.png"}
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {**about, "gravatar_id": "", **urls, "type": kind, "site_admin": False}


def label(base: str, repository: str, name: str) -> dict[str, Any]:
    """A label of the repository."""
    return {
        "id": number_of(name),
        "node_id": f"LA_{number_of(name)}",
        "url": f"{base}/repos/{repository}/labels/{number_of(name)}",
        "name": name,
        "description": None,
        "color": "ededed",
        "default": False,
    }


def issue(base: str, repository: Repository, one: Issue) -> dict[str, Any]:
    """An issue."""
    home = f"{base}/repos/{repository.name}/issues/{one.number}"
    people = [user(base, login) for login in one.assignees]
    return {
        "id": one.id,
        "node_id": f"I_{one.id}",
        "url": home,
        "repository_url": f"{base}/repos/{repository.name}",
        "labels_url": f"{home}/labels{{/name}}",
        "comments_url": f"{home}/comments",
        "events_url": f"{home}/events",
        "html_url": f"{base}/{repository.name}/issues/{one.number}",
        "number": one.number,
        "state": "open" if one.open else "closed",
        "state_reason": one.reason,
        "title": one.title,
        "body": one.body,
        "user": user(base, one.author),
        "labels": [label(base, repository.name, name) for name in one.labels],
        "assignee": people[0] if people else None,
        "assignees": people,
        "milestone": None,
        "locked": False,
        "active_lock_reason": None,
        "comments": len(one.comments),
        "created_at": moment(one.at),
        "updated_at": moment(one.updated_at),
        "closed_at": None if one.open else moment(one.updated_at),
        "author_association": association(repository, one.author),
    }


def comment(base: str, repository: Repository, of: Issue, one: Comment) -> dict[str, Any]:
    """A comment."""
    home = f"{base}/repos/{repository.name}/issues"
    return {
        "id": one.id,
        "node_id": f"IC_{one.id}",
        "url": f"{home}/comments/{one.id}",
        "html_url": f"{base}/{repository.name}/issues/{of.number}#issuecomment-{one.id}",
        "issue_url": f"{home}/{of.number}",
        "body": one.body,
        "user": user(base, one.author),
        "created_at": moment(one.at),
        "updated_at": moment(one.edited_at or one.at),
        "author_association": association(repository, one.author),
        "performed_via_github_app": None,
    }


def reaction(base: str, login: str, content: str, at: datetime) -> dict[str, Any]:
    """A reaction."""
    name = f"{login} {content}"
    about = {"id": number_of(name), "node_id": f"R_{number_of(name)}", "content": content}
    return {**about, "user": user(base, login), "created_at": moment(at)}


def association(repository: Repository, login: str) -> str:
    """How somebody belongs to the repository."""
    return repository.associations.get(login, "NONE" if login.endswith("[bot]") else "MEMBER")


def place(base: str, repository: Repository) -> dict[str, Any]:
    """The repository in short, as webhooks carry it."""
    owner, name = repository.name.split("/")
    return {
        "id": repository.number,
        "node_id": "R_1",
        "name": name,
        "full_name": repository.name,
        "private": True,
        "owner": user(base, owner),
        "html_url": f"{base}/{repository.name}",
        "url": f"{base}/repos/{repository.name}",
    }


def payload(base: str, repository: Repository, happening: Happening) -> dict[str, Any]:
    """What a webhook carries."""
    found: dict[str, Any] = {
        "action": happening.action,
        "issue": issue(base, repository, happening.issue),
        "repository": place(base, repository),
        "sender": user(base, happening.sender),
    }
    if happening.comment is not None:
        found["comment"] = comment(base, repository, happening.issue, happening.comment)
    if happening.label is not None:
        found["label"] = label(base, repository.name, happening.label)
    if happening.before:
        found["changes"] = {name: {"from": text} for name, text in happening.before.items()}
    if happening.assignee is not None:
        found["assignee"] = user(base, happening.assignee)
    return found


def delivery(one: Mapping[str, Any]) -> dict[str, Any]:
    """An attempt at a delivery, as lists show it."""
    status = int(one["status_code"])
    return {
        "id": one["id"],
        "guid": one["guid"],
        "delivered_at": moment(one["at"]),
        "redelivery": one["redelivery"],
        "duration": 0.1,
        "status": "OK" if 200 <= status < 300 else "failed",
        "status_code": status,
        "event": one["event"],
        "action": one["action"],
        "installation_id": 7,
        "repository_id": 8,
    }
