"""The files that belong to no single service: the catalogue's rules and Alertmanager's configuration."""

from typing import Final

from alerting.model.policy import Policy
from alerting.names import CATALOG_FILE
from alerting.rendering.header import HEADER, TEMPLATE_HEADER
from alerting.rendering.service import OBJECTS, RULES, TESTS, prometheus_rule
from alerting.routes import files as alertmanager_files
from alerting.rules.catalog import catalog_groups
from alerting.rules.group import rule_file
from alerting.yaml_text import dump

FOLDERS: Final = (RULES, "alertmanager", TESTS, OBJECTS)
"""The folders under rendered/ whose files are all made here."""


def render_shared(policy: Policy) -> dict[str, str]:
    """Their texts by path under rendered/; raises RoutingError and ValueError as those who compile them do."""
    groups = catalog_groups(policy)
    files = {
        f"{RULES}/{CATALOG_FILE}.yaml": HEADER + dump(rule_file(groups)),
        f"{OBJECTS}/{CATALOG_FILE}.yaml": HEADER + dump(prometheus_rule(CATALOG_FILE, groups)),
    }
    for path, content in alertmanager_files(policy).items():
        files[path] = TEMPLATE_HEADER + content if isinstance(content, str) else HEADER + dump(content)
    return files
