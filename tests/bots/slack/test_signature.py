"""Whether a request is Slack's: its own example, and everything that must not pass."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.slack.signature import problem, signature

# The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TIMESTAMP = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a1"
    b"4d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
AT = datetime.fromtimestamp(int(TIMESTAMP), UTC)


def check(secrets: list[str], *, given: str = SIGNATURE, seconds: float = 0, timestamp: str = TIMESTAMP) -> str:
    """What is said about the example so many seconds after it was signed."""
    now = datetime.fromtimestamp(int(TIMESTAMP) + seconds, UTC)
    return problem(secrets, timestamp=timestamp, given=given, body=BODY, now=now)


def test_slacks_own_example_passes() -> None:
    """The documented secret, timestamp and body give the documented signature."""
    assert signature(SECRET, TIMESTAMP, BODY) == SIGNATURE
    assert check([SECRET]) == ""


def test_two_secrets_are_valid_at_a_time() -> None:
    """While the secret is changed both the old and the new one pass."""
    assert check(["another-secret", SECRET]) == ""
    assert check([SECRET, "another-secret"]) == ""


@pytest.mark.parametrize(("seconds", "passes"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_request_is_good_for_five_minutes(seconds: int, passes: bool) -> None:
    """An older one may have been recorded and sent again; one from the future says that a clock is wrong."""
    told = check([SECRET], seconds=seconds)
    way = "old" if seconds > 0 else "ahead"
    late = f"X-Slack-Request-Timestamp is 301 s {way}; expected at most 300 s; check the bot's clock"
    assert told == ("" if passes else late)


def test_what_is_wrong_is_said() -> None:
    """Another secret, another signature, no timestamp."""
    unfit = "X-Slack-Signature does not fit; expected one made with the app's signing secret"
    assert check(["another-secret"]) == unfit
    assert check([SECRET], given="") == unfit
    assert check([SECRET], given=SIGNATURE.replace("v0", "v1")) == unfit
    for timestamp in ("", "yesterday", "-5", "1e9", "١٥٣١٤٢٠٦١٨", "9" * 40):
        assert check([SECRET], timestamp=timestamp) == "no X-Slack-Request-Timestamp; expected seconds since 1970"


@given(st.text(), st.binary(max_size=50))
def test_nothing_else_passes(given: str, more: bytes) -> None:
    """No other text is the signature, and no other body has this one."""
    assert (check([SECRET], given=given) == "") is (given == SIGNATURE)
    told = problem([SECRET], timestamp=TIMESTAMP, given=SIGNATURE, body=BODY + more, now=AT)
    assert (told == "") is (more == b"")
