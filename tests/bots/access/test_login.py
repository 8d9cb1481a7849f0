"""Logging in to the pages of a real bot, and what somebody who is logged in can do there."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from bots.access.login import local as leads_to
from tests.bots.access.issuer import AUDIENCE, SignOn, sign_on
from tests.bots.bodies import alert, body
from tests.bots.bot_process import BotProcess
from tests.bots.test_service import git, local

_MINI = Path(__file__).parents[2] / "data" / "mini"


@pytest.fixture(scope="module")
def issuer() -> Iterator[SignOn]:
    """It plays the single sign-on and GitHub."""
    with sign_on() as made:
        yield made


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, issuer: SignOn) -> Iterator[BotProcess]:
    """A bot with one incident, where readers by the group `employees` may write notes."""
    folder = tmp_path_factory.mktemp("bot")
    root = folder / "company"
    shutil.copytree(_MINI, root)
    access = root / "policies" / "access.yaml"
    text = access.read_text().replace("roles:\n", "roles:\n  guest: {may: [note]}\n")
    access.write_text(text.replace("grants:\n", "grants:\n  - {role: guest, to: {oidc_group: employees}}\n"))
    (folder / "client").write_text("client-secret\n")
    made = BotProcess(root=root, folder=folder / "bot")
    made.settings = {
        "TOCSIN_PUBLIC_URL": made.url,
        "TOCSIN_OIDC_ISSUER": issuer.url,
        "TOCSIN_OIDC_CLIENT_ID": AUDIENCE,
        "TOCSIN_OIDC_CLIENT_SECRET_FILE": str(folder / "client"),
        "TOCSIN_GITHUB_LOGIN_CLIENT_ID": AUDIENCE,
        "TOCSIN_GITHUB_LOGIN_CLIENT_SECRET_FILE": str(folder / "client"),
        "TOCSIN_GITHUB_LOGIN_URL": issuer.url,
        "TOCSIN_GITHUB_LOGIN_API_URL": issuer.url,
    }
    made.prepare()
    made.start()
    made.deliver(body(alert(1)))
    made.settled()
    yield made
    made.stop()


def logged_in(bot: BotProcess, issuer: SignOn, way: str = "sso", **claims: object) -> requests.Session:
    """A browser of somebody who has logged in."""
    issuer.claims = dict(claims)
    browser = requests.Session()
    answer = browser.get(f"{bot.url}/login/{way}?next=/incidents/INC-1", timeout=30)
    assert (answer.status_code, answer.url) == (200, f"{bot.url}/incidents/INC-1")
    return browser


def fields(page: str, command: str) -> dict[str, str]:
    """The hidden fields of the form of a command."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
        if found.get("command") == command:
            return found
    raise AssertionError(f"no form for {command}")


def test_pages_send_strangers_to_the_login(bot: BotProcess) -> None:
    """And know where they wanted to go; what programs look at stays as it is."""
    for path in ("/incidents", "/incidents/INC-1", "/current/payments/checkout", "/docs"):
        answer = requests.get(bot.url + path, timeout=10, allow_redirects=False)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login?next=%2F")
    chosen = requests.get(f"{bot.url}/incidents/INC-1", timeout=10)
    assert "Log in with single sign-on" in chosen.text
    assert 'href="/login/github?next=%2Fincidents%2FINC-1"' in chosen.text
    assert requests.get(f"{bot.url}/readyz", timeout=10).ok


def test_a_member_acknowledges_and_notes_on_the_page(bot: BotProcess, issuer: SignOn) -> None:
    """The record says who it was and that it was done on the page."""
    browser = logged_in(bot, issuer)
    page = browser.get(f"{bot.url}/incidents/INC-1", timeout=10).text
    assert "<span>ana</span>" in page
    form = fields(page, "ack")
    for _ in range(2):
        done = browser.post(f"{bot.url}/incidents/INC-1/commands", data=form, timeout=30)
        assert (done.status_code, done.url) == (200, f"{bot.url}/incidents/INC-1")
    note = fields(page, "note") | {"arg.text": "the <b>pool</b> is dry"}
    assert browser.post(f"{bot.url}/incidents/INC-1/commands", data=note, timeout=30).ok
    told = note | {"key": "told", "arg.text": "Some orders fail.", "arg.public": "true"}
    assert '<input type="checkbox" name="arg.public" value="true"> may be shown outside the company' in page
    assert browser.post(f"{bot.url}/incidents/INC-1/commands", data=told, timeout=30).ok
    timeline = bot.get("/api/v1/incidents/INC-1").json()["timeline"]
    hers = [row for row in timeline if (row.get("by"), row.get("source")) == ("ana", "page")]
    assert [(row["kind"], row.get("public", False)) for row in hers] == [
        ("acknowledged", False),
        ("noted", False),
        ("noted", True),
    ]


def test_a_thin_token_is_completed_by_what_the_sign_on_tells(bot: BotProcess, issuer: SignOn) -> None:
    """As Okta's are, which names groups to those only who ask for them; but not with what it tells of others."""
    issuer.thin = True
    try:
        begun = requests.get(f"{bot.url}/login/sso", timeout=10, allow_redirects=False).headers["location"]
        assert "scope=openid+email+profile+groups&" in begun
        assert "<span>ana</span>" in logged_in(bot, issuer).get(f"{bot.url}/incidents", timeout=10).text
        guest = logged_in(bot, issuer, email="guest@example.com")
        page = guest.get(f"{bot.url}/incidents/INC-1", timeout=10).text
        form = fields(page, "note") | {"arg.text": "in a group"}
        assert guest.post(f"{bot.url}/incidents/INC-1/commands", data=form, timeout=30).ok
        issuer.tells_of, issuer.claims = "00u2", {}
        answer = requests.Session().get(f"{bot.url}/login/sso", timeout=30)
        assert answer.status_code == 401
        assert "The single sign-on tells of somebody else; log in again." in answer.text
    finally:
        issuer.thin, issuer.tells_of = False, "00u1"


def test_github_says_who_somebody_is(bot: BotProcess, issuer: SignOn) -> None:
    """By the user name in the team's file."""
    issuer.login = "Ana"
    assert "<span>ana</span>" in logged_in(bot, issuer, "github").get(f"{bot.url}/incidents", timeout=10).text


def test_an_account_of_nobody_is_turned_away_and_it_is_kept(bot: BotProcess, issuer: SignOn) -> None:
    """Anybody can have an account at GitHub, and log in as often as they like: a line a day is enough."""
    issuer.login = "mallory"
    browser = requests.Session()
    for _ in range(2):
        answer = browser.get(f"{bot.url}/login/github?next=/incidents/INC-1", timeout=30)
        assert answer.status_code == 403
        assert (
            "<h1>Not logged in</h1><p>Nobody under policies/teams/ has the account github:mallory, and no group of it "
            "has a role; ask the owners of those files to add you, or log in with another account; the attempt is in "
            "the audit.</p>"
        ) in answer.text
        assert "tocsin-session" not in browser.cookies
    bot.settled()
    names = git(local(bot), "ls-tree", "-r", "--name-only", "records", "audit/").decode().split()
    text = b"".join(git(local(bot), "show", f"records:{path}") for path in names).decode()
    assert text.count('by: "github:mallory"') == 1
    assert "command: login\n" in text
    assert "args:\n    provider: github\n" in text


def test_the_description_of_the_api_is_for_those_who_may_read(bot: BotProcess, issuer: SignOn) -> None:
    """In a browser after a login, for programs with a token."""
    answer = requests.get(f"{bot.url}/openapi.json", timeout=10)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert bot.get("/openapi.json").json()["info"]["title"] == "Tocsin"
    browser = logged_in(bot, issuer)
    assert browser.get(f"{bot.url}/openapi.json", timeout=10).ok
    page = browser.get(f"{bot.url}/docs", timeout=10).text
    assert "<span>ana</span>" in page
    assert "/api/v1/incidents" in page


def test_somebody_without_a_right_is_told_and_it_is_kept(bot: BotProcess, issuer: SignOn) -> None:
    """A group of the single sign-on gives what its grant says, and no more; what it does not give is not offered."""
    browser = logged_in(bot, issuer, email="guest@example.com", groups=["employees"])
    page = browser.get(f"{bot.url}/incidents/INC-1", timeout=10).text
    noted = browser.post(
        f"{bot.url}/incidents/INC-1/commands", data=fields(page, "note") | {"arg.text": "seen"}, timeout=30
    )
    assert noted.ok
    assert set(re.findall(r'name="command" value="([^"]*)"', page)) == {"note"}
    forged = fields(page, "note") | {"command": "resolve", "key": "forged"}
    refused = browser.post(f"{bot.url}/incidents/INC-1/commands", data=forged, timeout=30)
    assert refused.status_code == 403
    assert "guest@example.com may not resolve; policies/access.yaml says who may; the attempt is in the audit" in (
        refused.text.replace("Guest@", "guest@")
    )


def test_a_form_from_elsewhere_is_refused(bot: BotProcess, issuer: SignOn) -> None:
    """Neither another site nor another session's page can act for somebody."""
    browser = logged_in(bot, issuer)
    form = fields(browser.get(f"{bot.url}/incidents/INC-1", timeout=10).text, "note") | {"arg.text": "<b>x"}
    other = logged_in(bot, issuer, "sso", email="ben@example.com")
    forged, over = "The page is too old, or was not made for you", "You are not logged in any more"
    for sender, sent, why in (
        (browser, form | {"proof": "0" * 32}, forged),
        (other, form, forged),
        (requests.Session(), form, over),
    ):
        answer = sender.post(f"{bot.url}/incidents/INC-1/commands", data=sent, timeout=30)
        assert answer.status_code == 403
        # What was typed is not lost.
        assert f"<h1>Not done</h1><p>{why}; open the incident again.</p><p>You wrote: &lt;b&gt;x</p>" in answer.text


@pytest.mark.parametrize(("way", "word"), [("sso", "invalid_client"), ("github", "incorrect_client_credentials")])
def test_a_secret_that_is_not_taken_is_for_the_operator(bot: BotProcess, issuer: SignOn, way: str, word: str) -> None:
    """Logging in again would not help; the log says where it happened."""
    issuer.secret = "another"
    try:
        answer = requests.Session().get(f"{bot.url}/login/{way}", timeout=30)
    finally:
        issuer.secret = "client-secret"
    assert answer.status_code == 503
    assert (
        f"<p>The bot itself is not accepted here ({word}); whoever runs it has to look at the login&#39;s id and "
        "secret.</p>"
    ) in answer.text
    assert f": {word}" in bot.log


def test_a_login_that_was_not_begun_here_is_refused(bot: BotProcess, issuer: SignOn) -> None:
    """A code that somebody else got cannot be slipped to a person."""
    browser = requests.Session()
    answer = browser.get(f"{bot.url}/login/sso/callback?code=the-code&state=x", timeout=10)
    assert answer.status_code == 400
    assert "This login was not begun here, or too long ago; log in again." in answer.text
    begun = browser.get(f"{bot.url}/login/sso", timeout=10, allow_redirects=False)
    assert begun.status_code == 302
    assert browser.get(f"{bot.url}/login/sso/callback?code=the-code&state=other", timeout=10).status_code == 400
    stopped = browser.get(f"{bot.url}/login/sso/callback?error=access_denied", timeout=10)
    assert "The login was not finished: access_denied; log in again." in stopped.text
    lured = browser.get(f"{bot.url}/login/sso/callback?error=call+0900-1234", timeout=10)
    assert "<p>The login was not finished: no code came back; log in again.</p>" in lured.text


def test_a_cookie_is_ours_or_nothing(bot: BotProcess, issuer: SignOn) -> None:
    """A changed one is nobody's; leaving takes it away, and ends it for whoever has a copy."""
    browser = logged_in(bot, issuer)
    (name,) = browser.cookies.keys()
    value = str(browser.cookies[name])
    cookie = next(iter(browser.cookies))
    assert cookie.has_nonstandard_attr("HttpOnly")
    for changed in (value[:-1] + ("0" if value[-1] != "0" else "1"), "x", f"{value}.x", ""):
        answer = requests.get(f"{bot.url}/incidents", cookies={name: changed}, timeout=10, allow_redirects=False)
        assert answer.status_code == 302
    forged = browser.post(f"{bot.url}/logout", timeout=10)
    assert forged.status_code == 403
    assert "The page is too old, or was not made for you; open the incidents again." in forged.text
    proof = fields(browser.get(f"{bot.url}/incidents/INC-1", timeout=10).text, "note")["proof"]
    left = browser.post(f"{bot.url}/logout", data={"proof": proof}, timeout=10, allow_redirects=False)
    # A redirect to the login would lead straight back in where there is one provider.
    assert left.status_code == 200
    assert "<h1>You are logged out</h1><p>Nobody can use this session any more.</p>" in left.text
    assert not browser.cookies.keys()
    again = requests.get(f"{bot.url}/incidents", cookies={name: value}, timeout=10, allow_redirects=False)
    assert again.status_code == 302


def test_the_api_takes_tokens_of_the_sign_on(bot: BotProcess, issuer: SignOn) -> None:
    """Beside the bot's own tokens."""
    issuer.now = datetime.now(UTC)
    token = issuer.token()
    answer = requests.get(f"{bot.url}/api/v1/incidents", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.status_code == 200
    noted = {"command": "note", "key": "by-token", "args": {"text": "by a token"}}
    headers = {"Authorization": f"Bearer {token}"}
    posted = requests.post(f"{bot.url}/api/v1/incidents/INC-1/commands", json=noted, headers=headers, timeout=30)
    assert posted.json()["incident"]["id"] == "INC-1"
    stranger = issuer.token(email="nobody@example.com", groups=["others"])
    refused = requests.get(f"{bot.url}/api/v1/incidents", headers={"Authorization": f"Bearer {stranger}"}, timeout=10)
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "nobody@example.com is in no team; expected a member of one under policies/teams/; the attempt is in the audit",
    )
    old = issuer.token(exp=int(issuer.now.timestamp()) - 120)
    answer = requests.get(f"{bot.url}/api/v1/incidents", headers={"Authorization": f"Bearer {old}"}, timeout=10)
    assert (answer.status_code, answer.json()["detail"]) == (401, "the token is not accepted: it has expired")


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("/incidents/INC-1?show=all", "/incidents/INC-1?show=all"),
        ("https://evil.example.com", "/incidents"),
        ("//evil.example.com", "/incidents"),
        ("/\\evil.example.com", "/incidents"),
        ("/login/sso", "/incidents"),
        ("/incidents\r\nX: y", "/incidents"),
        ("", "/incidents"),
    ],
)
def test_a_login_leads_to_pages_of_ours_only(address: str, leads: str) -> None:
    """Whatever the address says."""
    assert leads_to(address) == leads
