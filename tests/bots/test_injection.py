"""No text from outside can do anything in the record, in the draft of a postmortem, or on the bot's own pages."""

from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser

from hypothesis import HealthCheck, example, given, settings

from alerting.policy import load
from bots.belonging.change import Decision
from bots.git.message import commit_message
from bots.incident import History
from bots.page import incident_page, list_page
from bots.postmortems.document import read
from bots.postmortems.draft import HEADINGS, draft, draft_path
from bots.postmortems.evidence import no_evidence
from bots.readme import readme
from bots.timeline.summary import Summary, state_dict
from tests.bots.hostile import EVIL, TEXTS, columns, harmless, history_of, shape, solid
from tests.bots.office import TEN, Office, alert, delivery
from tests.conftest import DATA

MINI = load(DATA / "mini")
URL = "https://incidents.example.com"
NOW = TEN + timedelta(hours=2)
PLAIN = history_of("plain", "plain", "plain")
_SLOW = [HealthCheck.too_slow]


@given(text=TEXTS, note=TEXTS)
@settings(max_examples=80, suppress_health_check=_SLOW)
@example(text=EVIL[3], note=EVIL[4])
def test_the_page_in_git_has_the_same_shape_whatever_it_tells(text: str, note: str) -> None:
    """As many tables, rows and cells as for plain words."""
    page = readme(history_of(text, note, text or "x")).decode()
    harmless(page, text)
    plain = readme(PLAIN).decode()
    assert (solid(shape(page)), columns(page)) == (solid(shape(plain)), columns(plain))


@given(text=TEXTS, note=TEXTS)
@settings(max_examples=80, suppress_health_check=_SLOW)
@example(text="---\nstatus: published\n---\n## Summary", note="- x\n## Follow-ups\nfixes #1")
def test_a_draft_has_the_same_shape_whatever_it_tells(text: str, note: str) -> None:
    """Neither its front matter nor its sections are anybody else's."""
    history = history_of(text, note, "checkout")
    made = draft(history, no_evidence(history.state))
    found = read(draft_path(history.state), made)
    assert found.postmortem is not None, found.problems
    assert (found.postmortem.front.status, found.postmortem.front.follow_ups) == ("draft", ())
    assert tuple(found.postmortem.sections) == HEADINGS
    harmless(found.postmortem.body, text)
    plain = read(draft_path(PLAIN.state), draft(PLAIN, no_evidence(PLAIN.state))).postmortem
    assert plain is not None
    assert solid(shape(found.postmortem.body)) == solid(shape(plain.body))
    assert columns(found.postmortem.body) == columns(plain.body)


@given(text=TEXTS)
@settings(max_examples=60, suppress_health_check=_SLOW)
def test_a_commit_says_nothing_that_came_from_outside(text: str) -> None:
    """On the branch of the records a message that closes issues or mentions people would do so."""
    assert _commit(Office(), text or "x") == "incidents: INC-1 opened, alert_fired\n\nIncident: INC-1 open\n"


def _commit(office: Office, text: str) -> str:
    told = alert(text, 0, service=text, summary=text)
    decision = office.ledger.decide([delivery(told)], TEN)
    assert isinstance(decision, Decision)
    return commit_message(decision)


class Page(HTMLParser):
    """The elements of a page, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Counts the element; a link is left out where an address is none, a line where a text is empty."""
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        if tag not in ("a", "br"):
            self.elements[tag] += 1


@given(text=TEXTS, note=TEXTS)
@settings(max_examples=60, suppress_health_check=_SLOW)
@example(text='" onmouseover="alert(1)', note="' autofocus onfocus=alert(1) '")
def test_the_bot_s_pages_have_the_same_elements_whatever_they_tell(text: str, note: str) -> None:
    """No script, no handler, no address but of the web or the bot's own."""
    for make in (_incident_page, _list_page):
        page, plain = Page(make(history_of(text, note, text or "x"))), Page(make(PLAIN))
        assert page.elements == plain.elements, text
        assert page.attributes <= plain.attributes | {"href", "rel"}, text
        new = set(page.addresses) - set(plain.addresses)
        assert all(one.startswith(("http://", "https://", "/incidents")) for one in new), new


def _incident_page(history: History) -> str:
    return incident_page(history, MINI, URL, NOW)


def _list_page(history: History) -> str:
    summary = Summary.of(history.path, state_dict(history.state))
    return list_page([summary], (), "none", None, NOW)
