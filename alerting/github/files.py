"""The files under `.github/` that follow from the policy."""

from typing import Final

from alerting.github.forms import chooser, incident_form
from alerting.github.owners import codeowners
from alerting.model.policy import Policy
from alerting.rendering.header import HEADER
from alerting.yaml_text import dump

FOLDER: Final = ".github"


def github_files(policy: Policy) -> dict[str, str]:
    """Their texts by path; none for a company of which no team is on GitHub."""
    if not any(team.github for team in policy.teams.values()):
        return {}
    return {
        f"{FOLDER}/CODEOWNERS": codeowners(policy),
        f"{FOLDER}/ISSUE_TEMPLATE/incident.yml": HEADER + dump(incident_form(policy)),
        f"{FOLDER}/ISSUE_TEMPLATE/config.yml": HEADER + dump(chooser(policy)),
    }
