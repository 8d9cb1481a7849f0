"""Where a report goes: its files to the branch `reports`, its text to an issue, its sentence to Slack.

An issue cannot carry pictures of its own, so it shows those of the branch. Doing it again changes what differs: the
issue of a week is found by its marker among those with the label, by listing, since search is minutes late. Only what
stands between the markers is written; title and everything else are people's. Slack is told once: the issue says so
from then on.
"""

import base64
import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests

from bots.configuration.environment import Reader, file, url
from bots.errors import DestinationError, SettingsError, Undeliverable, Unreachable
from bots.outbound.destination import HttpCall, send
from tools.report.content import Report
from tools.report.page import page, sentence, title

REPOSITORY: Final = "TOCSIN_GITHUB_REPOSITORY"
TOKEN_FILE: Final = "TOCSIN_GITHUB_TOKEN_FILE"
GITHUB_URL: Final = "TOCSIN_GITHUB_URL"
SERVER_URL: Final = "TOCSIN_GITHUB_SERVER_URL"
SLACK_FILE: Final = "TOCSIN_REPORT_SLACK_FILE"
BRANCH: Final = "reports"
LABEL: Final = "report"
MOST: Final = 65_536
"""Characters of an issue's body. https://docs.github.com/en/rest/issues/issues#create-an-issue"""
TOLD: Final = "<!-- tocsin:report-told -->"
"""In the issue of a week of which Slack was told."""
_END: Final = "<!-- tocsin:end -->"
_TRIES: Final = 3
_LONGEST_WAIT_S: Final = 30.0
_API_VERSION: Final = "2022-11-28"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Where to post, from the environment."""

    repository: str
    """`owner/name`."""
    token: str
    api: str
    """GitHub's API."""
    server: str
    """GitHub's pages."""
    slack: str | None
    """Slack's incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/)."""


def read_posting(environment: Mapping[str, str]) -> Posting:
    """The settings; raises SettingsError with everything that is missing or wrong."""
    reader = Reader(environment)
    kept = reader.need(TOKEN_FILE, file, None, "a file with a token that may write contents and issues")
    webhook = reader.take(SLACK_FILE, file, None)
    found = Posting(
        repository=reader.need(REPOSITORY, _repository, "", "the repository of the issue, as owner/name"),
        token=kept.read_text(encoding="utf-8").strip() if kept else "",
        api=reader.take(GITHUB_URL, url, "https://api.github.com").rstrip("/"),
        server=reader.take(SERVER_URL, url, "https://github.com").rstrip("/"),
        slack=webhook.read_text(encoding="utf-8").strip() or None if webhook else None,
    )
    if kept and not found.token:
        reader.problems.append(f"{TOKEN_FILE}: {kept} is empty; expected a token")
    if found.slack and not _is_webhook(found.slack):
        # What it holds is not shown: it may be another secret.
        reader.problems.append(f"{SLACK_FILE}: {webhook} holds no address; expected that of an incoming webhook")
    if reader.problems:
        raise SettingsError(reader.problems)
    return found


def _is_webhook(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    # The path is the secret: without one it is the address of a place, and of no webhook.
    return parts.scheme in ("https", "http") and bool(parts.netloc) and len(parts.path) > 1


def _repository(text: str) -> str:
    owner, _, name = text.partition("/")
    if not owner or not name or quote(name, safe="") != name or quote(owner, safe="") != owner:
        raise ValueError(f"{text!r} is not a repository; expected one such as example/operations")
    return text


def post(settings: Posting, report: Report, files: Mapping[str, bytes], link: str) -> list[str]:
    """Posts a report; gives what was done, a line each. Raises Unreachable or Undeliverable."""
    github = _GitHub(settings)
    folder = str(report.week)
    done = [f"{BRANCH}: {github.put(folder, files, f'reports: {title(report)}')}"]
    place = f"{settings.server}/{settings.repository}/blob/{BRANCH}/{folder}"
    text = page(report, tuple(files), images=f"{place}/{{}}?raw=true", link=link)
    known = github.find(marker(folder))
    said = str(known["body"]) if known else ""
    told = TOLD in said
    body = written(said, text, f"{place}/report.md", folder, told=told)
    issue = github.change(known, body) if known else github.open(title(report), body)
    done.append(f"issue #{issue['number']}: {'brought up to date' if known else 'opened'}")
    if settings.slack and not told:
        _tell(settings.slack, message(report, issue["html_url"]), folder)
        # Written after the call: a message twice is better than none.
        github.change(issue, written(body, text, f"{place}/report.md", folder, told=True))
        done.append("Slack: told")
    return done


def marker(week: str) -> str:
    """How the issue of a week is known: where our part of it begins."""
    return f"<!-- tocsin:report {week} -->"


def written(body: str, text: str, whole: str, week: str, *, told: bool) -> str:
    """The body of an issue with our part exchanged for a new text; where there is none, it is put at the end.

    `whole` is where all of the text is, for one that would be too long.
    """
    found = _part(body, week)
    before, after = (body[: found.start()], body[found.end() :]) if found else (f"{body}\n\n" if body else "", "")
    head, tail = f"{marker(week)}\n", f"\n{TOLD if told else ''}\n{_END}"
    room = MOST - len(before) - len(head) - len(tail) - len(after)
    return f"{before}{head}{fitting(text, whole, room)}{tail}{after}"


def _part(body: str, week: str) -> re.Match[str] | None:
    # GitHub's editor makes \r\n of line ends.
    return re.search(rf"^{re.escape(marker(week))}\r?$.*?^{re.escape(_END)}(?=\r?$)", body, re.DOTALL | re.MULTILINE)


def fitting(text: str, whole: str, room: int = MOST) -> str:
    """The text in so many characters: without its last sections if it would be too long, and saying so."""
    if len(text) <= room:
        return text
    told = f"\n\nThe rest is too long for an issue: [the whole report](<{whole}>).\n"
    kept = text[: max(room - len(told), 0)]
    return kept[: kept.rfind("\n\n## ")] + told


def message(report: Report, address: str) -> Mapping[str, Any]:
    """What Slack shows; text from outside is escaped (https://docs.slack.dev/messaging/formatting-message-text/)."""
    told = f"*<{address}|{_slack(title(report))}>*\n{_slack(sentence(report))}"
    return {
        "text": f"{_slack(title(report))}: {_slack(sentence(report))}",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": told[:3000]}}],
    }


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _tell(address: str, body: Mapping[str, Any], key: str) -> None:
    """Raises Unreachable or Undeliverable, without the address: whoever knows it may write to Slack."""
    try:
        _send(requests.Session(), HttpCall(method="POST", url=address, json=body), key)
    except DestinationError as error:
        parts = urlsplit(address)
        said = str(error).replace(address, f"{parts.scheme}://{parts.netloc}/…").replace(parts.path, "/…")
        raise Undeliverable(f"Slack was not told: {said}; run it again") from None


def _send(session: requests.Session, call: HttpCall, key: str) -> requests.Response:
    """Some tries: a weekly job should not fail because of one bad answer."""
    for attempt in range(1, _TRIES + 1):
        try:
            return send(session, call, key)
        except Unreachable as error:
            if attempt == _TRIES or (error.unknown and call.method == "POST"):
                raise
            time.sleep(min(error.after_s if error.after_s is not None else float(attempt), _LONGEST_WAIT_S))
    raise AssertionError("the last try returns or raises")


class _GitHub:
    """The few calls that a report needs. https://docs.github.com/en/rest"""

    def __init__(self, settings: Posting) -> None:
        self._settings = settings
        self._session = requests.Session()
        self._session.headers.update(
            {
                "Authorization": f"Bearer {settings.token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": _API_VERSION,
                "User-Agent": "tocsin",
            }
        )

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        address = f"{self._settings.api}/repos/{self._settings.repository}/{path}"
        digest = hashlib.sha256(f"{method} {path}".encode()).hexdigest()
        return _send(self._session, HttpCall(method=method, url=address, json=body), digest).json()

    def put(self, folder: str, files: Mapping[str, bytes], message: str) -> str:
        """One commit with these files in a folder of the branch, which is made if it is not there."""
        tip = self._tip()
        base = self._call("GET", f"git/commits/{tip}")["tree"]["sha"] if tip else None
        entries = [
            {"path": f"{folder}/{name}", "mode": "100644", "type": "blob", "sha": self._blob(content)}
            for name, content in sorted(files.items())
        ]
        asked = {"tree": entries} if base is None else {"base_tree": base, "tree": entries}
        tree = self._call("POST", "git/trees", asked)["sha"]
        if tree == base:
            return "nothing changed"
        parents = [tip] if tip else []
        commit = self._call("POST", "git/commits", {"message": message, "tree": tree, "parents": parents})["sha"]
        if tip:
            self._call("PATCH", f"git/refs/heads/{BRANCH}", {"sha": commit, "force": False})
        else:
            self._call("POST", "git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": commit})
        return f"{len(files)} files in commit {commit[:12]}"

    def _tip(self) -> str | None:
        # The plural form gives all that begin so, and an empty list instead of 404.
        found = self._call("GET", f"git/matching-refs/heads/{BRANCH}")
        return next((str(one["object"]["sha"]) for one in found if one["ref"] == f"refs/heads/{BRANCH}"), None)

    def _blob(self, content: bytes) -> str:
        body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        return str(self._call("POST", "git/blobs", body)["sha"])

    def open(self, title: str, body: str) -> Mapping[str, Any]:
        """A new issue with the label."""
        made: Mapping[str, Any] = self._call("POST", "issues", {"title": title, "body": body, "labels": [LABEL]})
        return made

    def change(self, known: Mapping[str, Any], body: str) -> Mapping[str, Any]:
        """The issue with that body."""
        if known["body"] == body:
            return known
        changed: Mapping[str, Any] = self._call("PATCH", f"issues/{known['number']}", {"body": body})
        return changed

    def find(self, mark: str) -> Mapping[str, Any] | None:
        """The issue with a marker."""
        number = 1
        while True:
            found = self._call("GET", f"issues?labels={LABEL}&state=all&per_page=100&page={number}")
            for one in found:
                if mark in (one["body"] or "") and "pull_request" not in one:
                    kept: Mapping[str, Any] = one
                    return kept
            if len(found) < 100:
                return None
            number += 1
