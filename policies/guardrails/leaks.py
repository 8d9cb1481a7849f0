"""Secrets where anybody can read them: in a ConfigMap, in an argument, in the state file of a stack."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from alerting.model.policy import Policy
from components.objects import OPEN
from policies.guardrails.registered import Path, Resource, shown, walk
from policies.guardrails.rule import ResourceRule, StackRule

_SHORTEST: Final = 8
"""Characters below which a secret would be found in texts by chance."""
_CREDENTIALS: Final[Mapping[str, re.Pattern[str]]] = {
    # https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
    "a token of GitHub": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})"),
    # https://docs.slack.dev/authentication/tokens
    "a token of Slack": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}"),
    "a webhook of Slack": re.compile(r"hooks\.slack\.com/(services|workflows)/[A-Za-z0-9]+/"),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    "a key of AWS": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    # https://grafana.com/docs/grafana/latest/administration/service-accounts/
    "a token of Grafana": re.compile(r"\bgl(sa|c)_[A-Za-z0-9_=+/-]{20,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@${}<>]+:[^\s/:@${}<>]+@[\w.-]"),
}
_NAMED: Final = re.compile(
    r"(^|[_-])(password|passwd|passphrase|token|secret|api_?key|access_?key|secret_?key|private_?key|client_?secret|"
    r"integration_?key|routing_?key|credentials?)$",
    re.IGNORECASE,
)
_ASSIGNED: Final = re.compile(
    r"""^[ \t]*(?:--?)?["']?([A-Za-z][\w.-]*)["']?[ \t]*[:=][ \t]*["']?([^\s"'#;][^\n]*)$""", re.MULTILINE
)
"""A name and its value, in an argument or in a line of most kinds of configuration."""
_ELSEWHERE: Final = re.compile(r"[$/{<|>&*%\[]|(true|false|null|none)\b", re.IGNORECASE)
"""How a value begins that is a reference, a path, or no text at all."""
_NO_SECRETS: Final = frozenset({"username", "user"})
"""What stands beside a secret and is none: `exporter` is a user's name, and part of many others."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WAY_OUT: Final = "keep it as `secure:` configuration or in a Secret, and name the Secret here"


def in_config_maps(resource: Resource, _: Policy) -> Iterator[str]:
    """Whoever may list ConfigMaps reads them; most may."""
    if resource.kind == "ConfigMap":
        for path in sorted(resource.secrets, key=shown):
            yield (
                f"{resource.title}: {shown(path)} is a secret; expected none in a ConfigMap; put it into a Secret, "
                "and mount that"
            )


def in_plain_inputs(resource: Resource, _: Policy) -> Iterator[str]:
    """What looks like a credential must be marked as a secret, or the state file holds it in plain text.

    A Secret that says it holds none is taken at its word, and looked at like everything else.
    """
    annotations = (resource.inputs.get("metadata") or {}).get("annotations") if resource.kind == "Secret" else None
    open_ = OPEN.items() <= (annotations or {}).items()
    for path, value in walk(resource.inputs):
        if not isinstance(value, str) or (resource.is_secret(path) and not open_):
            continue
        looks = next((what for what, pattern in _CREDENTIALS.items() if pattern.search(value)), None)
        if looks is None and value and _is_named(resource, path):
            looks = "a secret by its name"
        if looks is not None:
            yield (
                f"{resource.title}: {shown(path)} is {looks} and not marked as one; expected no secret in a plain "
                f"input; {_WAY_OUT}"
            )


def copied(resources: Sequence[Resource], _: Policy) -> Iterator[tuple[Resource, str]]:
    """A value that is a secret in one place is one in every place."""
    known: dict[str, str] = {}
    for one in resources:
        for path, value in walk(one.inputs):
            if isinstance(value, str) and len(value) >= _SHORTEST and one.is_secret(path) and _is_told(path):
                known.setdefault(value, f"{one.title} at {shown(path)}")
    # Texts of many lines are files with some secret in them; what they say elsewhere is not the secret.
    secrets = {value: where for value, where in known.items() if "\n" not in value.strip()}
    if not secrets:
        return
    pattern = re.compile("|".join(map(re.escape, sorted(secrets, key=len, reverse=True))))
    for one in resources:
        for path, value in walk(one.inputs):
            if isinstance(value, str) and not one.is_secret(path) and (found := pattern.search(value)):
                yield (
                    one,
                    (
                        f"{one.title}: {shown(path)} holds the secret of {secrets[found[0]]}; expected no secret in a "
                        f"plain input; {_WAY_OUT}"
                    ),
                )


def _is_told(path: Path) -> bool:
    """Whether whoever reads the value could do something with it alone."""
    return not path or path[-1] not in _NO_SECRETS


def _is_named(resource: Resource, path: Path) -> bool:
    """Whether a value is called like a secret: as a property, a variable, a key, or inside a text that assigns it."""
    name: Any = path[-1] if path else ""
    if not resource.kind:
        return _named(str(name))
    if name == "value" and len(path) > 2 and path[-3] == "env":
        return _named(str(_at(resource, path[:-1]).get("name", "")))
    # Other properties of Kubernetes objects that are called so hold the names of Secrets.
    text = _at(resource, path)
    if resource.kind == "ConfigMap" and path[0] == "data":
        return (_named(str(name)) and not _ELSEWHERE.match(text)) or _assigns(text)
    return len(path) > 1 and path[-2] in ("args", "command") and text.startswith("-") and _assigns(text)


def _assigns(text: str) -> bool:
    return any(_named(key) and not _ELSEWHERE.match(value) for key, value in _ASSIGNED.findall(text))


def _named(name: str) -> bool:
    return bool(_NAMED.search(_CAMEL.sub("_", name.replace(".", "_"))))


def _at(resource: Resource, path: Path) -> Any:
    found: Any = resource.inputs
    for step in path:
        found = found[step]
    return found


RULES: Final = (
    ResourceRule(name="no-secret-in-config-map", means="No ConfigMap holds a secret.", check=in_config_maps),
    ResourceRule(
        name="no-plain-secret", means="Whatever looks like a credential is marked as a secret.", check=in_plain_inputs
    ),
    StackRule(name="no-copied-secret", means="A secret is one in every place where it stands.", check=copied),
)
