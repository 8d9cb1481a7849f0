"""Whether a request comes from Slack: its signature, version 0.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

SIGNATURE: Final = "X-Slack-Signature"
TIMESTAMP: Final = "X-Slack-Request-Timestamp"
WITHIN_S: Final = 300
"""A request that is older, or that far ahead, may have been recorded and sent again."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Slack writes into the header for this body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def problem(secrets: Iterable[str], *, timestamp: str, given: str, body: bytes, now: datetime) -> str:
    """Why a request is not taken for Slack's; empty if it is. The time it takes says nothing about the secrets."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return f"no {TIMESTAMP}; expected seconds since 1970"
    age_s = now.timestamp() - int(timestamp)
    if abs(age_s) > WITHIN_S:
        way = "old" if age_s > 0 else "ahead"
        return f"{TIMESTAMP} is {abs(age_s):.0f} s {way}; expected at most {WITHIN_S} s; check the bot's clock"
    right = False
    for secret in secrets:
        # All are compared, and as bytes: text that is not ASCII cannot be compared in constant time.
        right |= hmac.compare_digest(signature(secret, timestamp, body).encode(), given.encode("utf-8", "replace"))
    return "" if right else f"{SIGNATURE} does not fit; expected one made with the app's signing secret"
