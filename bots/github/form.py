"""An issue that a person opened, as the arguments of an incident. Pure.

The form is `alerting.github.forms`; GitHub gives its answers as Markdown: `### <label>`, then the answer
(https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from alerting.github.forms import DETAILS_FIELD, PRIORITY_FIELD, SERVICE_FIELD, SUMMARY_FIELD, incident_form
from alerting.github.labels import priority_label, service_label
from alerting.model.policy import PLATFORM, Policy

_NO_ANSWER: Final = "_No response_"
_TITLE: Final = 200
_DETAILS: Final = 9_000
_PRIORITY: Final = re.compile(r"P[0-4]\b")


def answers(policy: Policy, body: str) -> Mapping[str, str]:
    """The answers by the ids of their fields; what was not answered, and all of another text, is left out.

    Each field is looked for behind the one before it, so that nothing in an answer can answer another question.
    """
    text = body.replace("\r\n", "\n")
    fields = [(one["id"], one["attributes"]["label"]) for one in incident_form(policy)["body"] if "id" in one]
    starts: list[tuple[str, int, int]] = []
    position = 0
    for name, label in fields:
        found = re.compile(rf"^### {re.escape(label)}[ \t]*$", re.MULTILINE).search(text, position)
        if found is not None:
            starts.append((name, found.start(), found.end()))
            position = found.end()
    ends = [*(start for _, start, _ in starts[1:]), len(text)]
    said = {name: text[begin:end].strip() for (name, _, begin), end in zip(starts, ends, strict=False)}
    return {name: answer for name, answer in said.items() if answer and answer != _NO_ANSWER}


def declared(policy: Policy, title: str, body: str, labels: Sequence[str]) -> dict[str, Any]:
    """The arguments of `declare`; without `service` if nothing says which one it is and there is no platform."""
    said = answers(policy, body)
    prefix = str(incident_form(policy)["title"])
    summary = said.get(SUMMARY_FIELD) or title.removeprefix(prefix).strip() or title.strip() or "no title"
    service = _service(policy, said.get(SERVICE_FIELD, ""), labels)
    details = said.get(DETAILS_FIELD, "" if said else body.strip())
    found = {
        "title": _cut(" ".join(summary.split()), _TITLE),
        "service": service,
        "team": policy.services[service].owner if service in policy.services else "",
        "priority": _priority(said.get(PRIORITY_FIELD, ""), labels),
        "note": _cut(details, _DETAILS),
    }
    return {name: value for name, value in found.items() if value}


def _service(policy: Policy, answer: str, labels: Sequence[str]) -> str:
    if answer in policy.services:
        return answer
    labelled = [name for name in policy.services if service_label(name) in labels]
    return labelled[0] if labelled else PLATFORM if PLATFORM in policy.services else ""


def _priority(answer: str, labels: Sequence[str]) -> str:
    found = _PRIORITY.match(answer)
    if found:
        return found[0]
    return next((f"P{number}" for number in range(5) if priority_label(f"P{number}") in labels), "")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
