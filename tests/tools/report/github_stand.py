"""GitHub and Slack as far as a report needs them: git objects of a real repository, issues in a list, and outages."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pygit2

from tests.bots.github.official import request_problems
from tools.drill.ports import LOOPBACK

REPOSITORY = "example/operations"
Answer = tuple[int, Any]
_WHO = pygit2.Signature("tocsin", "tocsin@example.com", 0, 0)


@dataclass
class Stand:
    """What both have received."""

    repository: pygit2.Repository
    issues: list[dict[str, Any]] = field(default_factory=list)
    slack: list[dict[str, Any]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    """Calls that changed something."""
    failures: list[int] = field(default_factory=list)
    """Statuses that the next calls are answered with instead."""
    slack_failures: list[int] = field(default_factory=list)
    """The same for those of Slack."""
    problems: list[str] = field(default_factory=list)
    """What was asked otherwise than GitHub's own description says."""
    url: str = ""

    def answer(self, method: str, path: str, body: Any) -> Answer:
        """As the API answers; raises KeyError or AssertionError for what it would refuse."""
        if path == "/slack/secret":
            self.slack.append(body)
            return 200, "ok"
        prefix = f"/api/repos/{REPOSITORY}/"
        assert path.startswith(prefix), path
        asked = path.removeprefix(prefix)
        for (wanted, pattern), act in self._routes().items():
            if method == wanted and (found := re.fullmatch(pattern, asked)):
                if method != "GET":
                    self.writes.append(f"{method} {asked}")
                return act(found, body)
        return 404, {"message": "Not Found"}

    def _routes(self) -> dict[tuple[str, str], Callable[[re.Match[str], Any], Answer]]:
        return {
            ("GET", r"git/matching-refs/heads/(\w+)"): self._refs,
            ("GET", r"git/commits/(\w{40})"): lambda found, body: (200, self._commit(found[1])),
            ("POST", r"git/blobs"): self._blob,
            ("POST", r"git/trees"): self._tree,
            ("POST", r"git/commits"): self._made,
            ("POST", r"git/refs"): lambda found, body: self._ref(body["ref"], body["sha"], new=True),
            ("PATCH", r"git/refs/heads/(\w+)"): lambda found, body: self._ref(
                f"refs/heads/{found[1]}", body["sha"], new=False
            ),
            ("GET", r"issues\?labels=report&state=all&per_page=100&page=(\d+)"): self._list,
            ("POST", r"issues"): self._open,
            ("PATCH", r"issues/(\d+)"): self._change,
        }

    def _refs(self, found: re.Match[str], body: Any) -> Answer:
        names = [name for name in self.repository.references if name.startswith(f"refs/heads/{found[1]}")]
        return 200, [{"ref": name, "object": {"sha": str(self.repository.references[name].target)}} for name in names]

    def _commit(self, name: str) -> dict[str, Any]:
        commit = self.repository[name].peel(pygit2.Commit)
        return {"sha": name, "tree": {"sha": str(commit.tree_id)}}

    def _blob(self, found: re.Match[str], body: Any) -> Answer:
        assert body.keys() == {"content", "encoding"}
        return 201, {"sha": str(self.repository.create_blob(base64.b64decode(body["content"], validate=True)))}

    def _tree(self, found: re.Match[str], body: Any) -> Answer:
        index = pygit2.Index()
        if "base_tree" in body:
            index.read_tree(self.repository[body["base_tree"]].peel(pygit2.Tree))
        for entry in body["tree"]:
            assert (entry["mode"], entry["type"]) == ("100644", "blob")
            index.add(pygit2.IndexEntry(entry["path"], pygit2.Oid(hex=entry["sha"]), pygit2.enums.FileMode.BLOB))
        return 201, {"sha": str(index.write_tree(self.repository))}

    def _made(self, found: re.Match[str], body: Any) -> Answer:
        parents = [pygit2.Oid(hex=name) for name in body["parents"]]
        tree = pygit2.Oid(hex=body["tree"])
        return 201, {"sha": str(self.repository.create_commit(None, _WHO, _WHO, body["message"], tree, parents))}

    def _ref(self, name: str, sha: str, *, new: bool) -> Answer:
        assert (name in self.repository.references) != new
        self.repository.references.create(name, pygit2.Oid(hex=sha), force=not new)
        return 201 if new else 200, {"ref": name, "object": {"sha": sha}}

    def _list(self, found: re.Match[str], body: Any) -> Answer:
        first = 100 * (int(found[1]) - 1)
        return 200, [*reversed(self.issues)][first : first + 100]

    def _open(self, found: re.Match[str], body: Any) -> Answer:
        assert len(body["body"]) <= 65_536
        assert body["labels"] == ["report"]
        number = len(self.issues) + 1
        self.issues.append(
            {**body, "number": number, "html_url": f"https://github.example/{REPOSITORY}/issues/{number}"}
        )
        return 201, self.issues[-1]

    def _change(self, found: re.Match[str], body: Any) -> Answer:
        self.issues[int(found[1]) - 1].update(body)
        return 200, self.issues[int(found[1]) - 1]

    def files(self) -> dict[str, bytes]:
        """What the branch holds."""
        tree = self.repository.references["refs/heads/reports"].peel(pygit2.Commit).tree
        index = pygit2.Index()
        index.read_tree(tree)
        return {entry.path: self.repository[entry.id].peel(pygit2.Blob).data for entry in index}


@contextmanager
def github(folder: Path) -> Iterator[Stand]:
    """A running one."""
    stand = Stand(repository=pygit2.init_repository(str(folder / "github.git"), bare=True))

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            to_slack = self.path.startswith("/slack")
            failures = stand.slack_failures if to_slack else stand.failures
            if not to_slack:
                # The reference is one part of the path in the description, and has a slash in it.
                path = self.path.removeprefix("/api").replace("heads/reports", "heads%2Freports")
                stand.problems += request_problems(self.command, path, raw)
                assert self.headers["Authorization"] == "Bearer token-of-the-job"
                assert self.headers["X-GitHub-Api-Version"] == "2022-11-28"
            status, body = (
                (failures.pop(0), {"message": "no"})
                if failures
                else stand.answer(self.command, self.path, json.loads(raw) if raw else None)
            )
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            if status in (429, 503):
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_PATCH(self) -> None:
            self._do()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    stand.url = f"http://{LOOPBACK}:{server.server_address[1]}"
    try:
        yield stand
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
