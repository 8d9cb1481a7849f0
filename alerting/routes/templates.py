"""The texts of notifications: Go templates that ship with the project, and one file with the policy's own addresses."""

from importlib import resources
from typing import Final

from jinja2 import Environment

from alerting.model.policy import Policy
from alerting.routes.golang import quoted

# Go's own braces stay as they are.
_ENVIRONMENT: Final = Environment(
    variable_start_string="[[", variable_end_string="]]", keep_trailing_newline=True, autoescape=False
)


def template_files(policy: Policy) -> dict[str, str]:
    """Texts by file name, for the folder `templates` beside Alertmanager's configuration."""
    folder = resources.files("alerting") / "templates"
    settings = _ENVIRONMENT.from_string((folder / "settings.tmpl.j2").read_text(encoding="utf-8"))
    bot_url = policy.routing.public_bot_url.rstrip("/")
    shipped = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".tmpl")}
    return dict(sorted({**shipped, "settings.tmpl": settings.render(bot_url=quoted(bot_url))}.items()))
