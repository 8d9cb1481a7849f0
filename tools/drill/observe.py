"""How the drill sees what happened: it asks Prometheus, Alertmanager, the bot and the git remote."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

TIMEOUT_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A firing alert as Prometheus tells it."""

    labels: Mapping[str, str]
    since: datetime
    """When the rule's condition first held."""


def firing(prometheus: str, alert: str, severity: str) -> Firing | None:
    """The firing alert of that name and severity; None while there is none."""
    answer = requests.get(f"{prometheus}/api/v1/alerts", timeout=TIMEOUT_S).json()
    for found in answer["data"]["alerts"]:
        labels = found["labels"]
        if (labels["alertname"], labels.get("severity"), found["state"]) == (alert, severity, "firing"):
            return Firing(labels=labels, since=datetime.fromisoformat(found["activeAt"]))
    return None


def last_evaluation(prometheus: str, group: str) -> datetime | None:
    """When a group of rules was last evaluated; None for a group that Prometheus does not know."""
    answer = requests.get(f"{prometheus}/api/v1/rules", timeout=TIMEOUT_S).json()
    found = (one["lastEvaluation"] for one in answer["data"]["groups"] if one["name"] == group)
    return next((datetime.fromisoformat(at) for at in found), None)


def query(prometheus: str, expression: str) -> float | None:
    """The value of an instant query with one result; None while there is none."""
    answer = requests.get(f"{prometheus}/api/v1/query", params={"query": expression}, timeout=TIMEOUT_S).json()
    result = answer.get("data", {}).get("result") or []
    return float(result[0]["value"][1]) if result else None


def suppressed(alertmanager: str, name: str) -> bool:
    """Whether Alertmanager holds an alert of that name back because of a silence."""
    found = requests.get(f"{alertmanager}/api/v2/alerts", timeout=TIMEOUT_S).json()
    return any(
        alert["labels"]["alertname"] == name
        and alert["status"]["state"] == "suppressed"
        and alert["status"]["silencedBy"]
        for alert in found
    )


def incidents(bot: str, token: str) -> list[dict[str, Any]]:
    """The incidents that the bot knows, newest first."""
    answer = requests.get(f"{bot}/api/v1/incidents", headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["incidents"]
    return found


def incident(bot: str, token: str, name: str) -> dict[str, Any]:
    """One incident with its timeline."""
    answer = requests.get(
        f"{bot}/api/v1/incidents/{name}", headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S
    )
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _git(repository: Path, *arguments: str) -> str | None:
    """What git prints; None if it fails."""
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def pushed_file(remote: Path, branch: str, ending: str) -> str | None:
    """The path of the file with that ending on a branch of the remote; None while it is not there."""
    listed = _git(remote, "ls-tree", "-r", "--name-only", branch)
    return next((path for path in (listed or "").splitlines() if path.endswith(ending)), None)


def text_at(remote: Path, branch: str, path: str) -> str:
    """A file's text on a branch of the remote; empty while it is not there."""
    return _git(remote, "show", f"{branch}:{path}") or ""


def last_commit(remote: Path, branch: str, path: str) -> str | None:
    """The short id of the last commit that touched a path on a branch of the remote."""
    return (_git(remote, "log", "-1", "--format=%h", branch, "--", path) or "").strip() or None
