"""The played GitHub's pull requests: opened, listed, never merged."""

from typing import Any

from fastapi import FastAPI, Request

from tools.standins.github_hub import Hub, let_in
from tools.standins.github_repository import Pull
from tools.standins.github_shapes import association, moment, number_of, place, user

_COUNTS = ("additions", "changed_files", "comments", "commits", "deletions", "review_comments")


def add_pulls(app: FastAPI, hub: Hub) -> None:
    """https://docs.github.com/en/rest/pulls/pulls"""
    repository = hub.repository

    @app.get("/repos/{owner}/{name}/pulls")
    def list_(request: Request) -> list[dict[str, Any]]:
        let_in(hub, request)
        head = request.query_params.get("head", "").partition(":")[2]
        with repository.lock:
            return [_pull(hub, one) for one in repository.pulls.values() if head in ("", one.head)]

    @app.post("/repos/{owner}/{name}/pulls", status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        author, said = let_in(hub, request), await request.json()
        made = repository.pull(author, said["title"], said.get("body") or "", said["head"], said["base"])
        return _pull(hub, made)


def _pull(hub: Hub, one: Pull) -> dict[str, Any]:
    home, page = f"{hub.base}/repos/{hub.repository.name}", f"{hub.base}/{hub.repository.name}/pull/{one.number}"
    urls = {
        "url": f"{home}/pulls/{one.number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": f"{home}/issues/{one.number}",
        "commits_url": f"{home}/pulls/{one.number}/commits",
        "comments_url": f"{home}/issues/{one.number}/comments",
        "review_comments_url": f"{home}/pulls/{one.number}/comments",
        "review_comment_url": f"{home}/pulls/comments{{/number}}",
        "statuses_url": f"{home}/statuses/0",
    }
    names = ("comments", "commits", "statuses", "html", "issue", "review_comments", "review_comment", "self")
    nothing = dict.fromkeys(
        ("assignee", "closed_at", "merge_commit_sha", "merged_at", "milestone", "auto_merge", "mergeable", "merged_by")
    )
    return {
        **urls,
        **nothing,
        **dict.fromkeys(_COUNTS, 0),
        "_links": {name: {"href": urls.get(f"{name}_url", page)} for name in names},
        "id": number_of(page),
        "node_id": f"PR_{one.number}",
        "number": one.number,
        "state": "open",
        "locked": False,
        "title": one.title,
        "body": one.body,
        "user": user(hub.base, one.author),
        "labels": [],
        "head": _end(hub, one.head),
        "base": _end(hub, one.base),
        "created_at": moment(one.at),
        "updated_at": moment(one.at),
        "author_association": association(hub.repository, one.author),
        "mergeable_state": "unknown",
        "merged": False,
        "maintainer_can_modify": False,
    }


def _end(hub: Hub, branch: str) -> dict[str, Any]:
    owner = hub.repository.name.split("/")[0]
    where = place(hub.base, hub.repository)
    return {"label": f"{owner}:{branch}", "ref": branch, "sha": "0" * 40, "repo": where, "user": user(hub.base, owner)}
