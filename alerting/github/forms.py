"""Issue forms: how somebody who sees trouble declares an incident on GitHub.

https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms
"""

from typing import Any, Final

from alerting.github.labels import INCIDENT
from alerting.model.policy import Policy

SERVICE_FIELD: Final = "service"
PRIORITY_FIELD: Final = "priority"
SUMMARY_FIELD: Final = "summary"
DETAILS_FIELD: Final = "details"
UNSURE: Final = "not sure"
"""The option for somebody who cannot tell a service or a priority."""


def incident_form(policy: Policy) -> dict[str, Any]:
    """The form that declares an incident; the bot reads its answers by these ids."""
    meanings = [f"{priority}: {meaning.means}" for priority, meaning in sorted(policy.severity.priorities.items())]
    return {
        "name": "Incident",
        "description": "Something is wrong for users now, and no alert has said so.",
        "title": "[incident] ",
        "labels": [INCIDENT],
        "body": [
            {
                "type": "markdown",
                "attributes": {"value": "The bot opens the incident and tells the team as soon as this is sent."},
            },
            _field("input", SUMMARY_FIELD, "What is wrong", "One line, as users see it.", required=True),
            _choice(SERVICE_FIELD, "Which service", [*sorted(policy.services), UNSURE]),
            _choice(PRIORITY_FIELD, "How bad is it", [*meanings, UNSURE]),
            _field(
                "textarea",
                DETAILS_FIELD,
                "What you know",
                "Since when, for whom, what changed before. No passwords and no data of customers.",
                required=False,
            ),
        ],
    }


def chooser(policy: Policy) -> dict[str, Any]:
    """What stands beside the forms."""
    return {
        "blank_issues_enabled": True,
        "contact_links": [
            {
                "name": "Open incidents",
                "url": f"{policy.routing.public_bot_url.rstrip('/')}/incidents",
                "about": "Look here first: somebody may be on it already.",
            }
        ],
    }


def _field(kind: str, name: str, label: str, description: str, *, required: bool) -> dict[str, Any]:
    about = {"label": label, "description": description}
    return {"type": kind, "id": name, "attributes": about, "validations": {"required": required}}


def _choice(name: str, label: str, options: list[str]) -> dict[str, Any]:
    return {
        "type": "dropdown",
        "id": name,
        "attributes": {"label": label, "options": options},
        "validations": {"required": True},
    }
