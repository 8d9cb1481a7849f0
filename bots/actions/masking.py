"""Hides what looks like a secret in text that others wrote, such as logs.

A net with holes: it knows common forms, no secret that looks like a word. What slipped through is taken out of the
records with `tocsin records redact`.
"""

import re
from typing import Final

HIDDEN: Final = "[hidden]"
_FORMS: Final = (
    # Private keys in PEM form, whole.
    re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    # Authorization headers: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.2
    re.compile(r"(\b(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE),
    # password=…, "api_key": "…", --token …
    re.compile(
        r"((?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"
        r"[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]{3,}",
        re.IGNORECASE,
    ),
    # User and password in an address.
    re.compile(r"([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE),
    # JSON web tokens, and tokens with a prefix that says whose they are.
    re.compile(r"()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    re.compile(r"()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"()\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abprs]-[A-Za-z0-9-]{10,})"),
)


def masked(text: str) -> str:
    """The text with secrets of known forms replaced."""
    for form in _FORMS:
        text = form.sub(rf"\1{HIDDEN}", text)
    return text
