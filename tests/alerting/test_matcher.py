"""Matchers: read as Alertmanager reads them, and refused where the two might differ."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model import re2
from alerting.model.matcher import Matcher, none_of, one_of

FORM = 'expected label, one of = != =~ !~, and a text in double quotes, such as service="checkout"'
REGEX = 'expected a regular expression of the whole value that RE2 knows, such as service=~"cart|checkout"'

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("service", f"'service' is not a matcher; {FORM}"),
        ("service = a b", f"'service = a b' is not a matcher; {FORM}"),
        ('ser-vice="a"', f"'ser-vice=\"a\"' is not a matcher; {FORM}"),
        ('a="x" ,b="y"', f'\'a="x" ,b="y"\' is not a matcher; {FORM}'),
        (
            r'a="\d"',
            r"""'a="\\d"': \d is not an escape; expected one of \\ \" \n; write \\d for \d""",
        ),
        (
            'a=~"("',
            "'a=~\"(\"': not a regular expression: missing ), unterminated subpattern at position 0; " + REGEX,
        ),
        (
            'a=~"(?=x)"',
            "'a=~\"(?=x)\"': only (?:…) and flags such as (?i:…) can be used of the groups with a question mark; "
            + REGEX,
        ),
        ('a=~"x*+"', "'a=~\"x*+\"': *+ is not a repetition that RE2 knows; " + REGEX),
        ('a=~"x{,2}"', "'a=~\"x{,2}\"': {,2} is not a repetition such as {2} or {1,3}, of at most 1000; " + REGEX),
        (
            'a=~"x{1001}"',
            "'a=~\"x{1001}\"': {1001} is not a repetition such as {2} or {1,3}, of at most 1000; " + REGEX,
        ),
        ('a=~"[[:alpha:]]"', "'a=~\"[[:alpha:]]\"': [[:alpha:] names a class; write it out, such as [a-z]; " + REGEX),
        (r'a=~"(x)\\1"', r"""'a=~"(x)\\\\1"': \1 cannot be used here; """ + REGEX),
        (r'a=~"[\\Z]"', r"""'a=~"[\\\\Z]"': [\Z] has an escape that cannot be used here; """ + REGEX),
    ],
)
def test_what_alertmanager_might_read_differently_is_refused(text: str, message: str) -> None:
    """The message says what is wrong and what was expected."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Matcher.parse(text)


@pytest.mark.parametrize(
    ("text", "accepted", "refused"),
    [
        ('service="checkout"', "checkout", "checkout-api"),
        ("service=checkout", "checkout", ""),
        ('service!="checkout"', "", "checkout"),
        ('service=~"cart|check.*"', "checkout", "my-cart"),
        ('service!~"cart|check.*"', "", "checkout"),
        ('service=~"P0|"', "", "P1"),
        (r'path=~"/a\\.b"', "/a.b", "/aXb"),
        (r'text="a\"b\\c\nd"', 'a"b\\c\nd', "a"),
        ('pod=~"(?i:WEB)-[0-9]{1,3}"', "web-12", "web-1234"),
    ],
)
def test_a_matcher_accepts_whole_values(text: str, accepted: str, refused: str) -> None:
    """Regular expressions are anchored, a missing label is the empty text."""
    matcher = Matcher.parse(text)
    assert matcher.accepts(accepted)
    assert not matcher.accepts(refused)


@given(TEXTS, st.sampled_from(["=", "!="]))
def test_a_matcher_is_read_back_as_it_was_written(value: str, operator: str) -> None:
    """Writing and reading are inverse, whatever the value is."""
    matcher = Matcher(label="a", value=value, operator=operator)  # type: ignore[arg-type]  # one of two
    assert Matcher.parse(str(matcher)) == matcher


@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS)
def test_one_of_accepts_its_words_and_nothing_else(words: list[str], other: str) -> None:
    """Words are taken literally, also where they look like regular expressions."""
    assert all(one_of("a", words).accepts(word) and not none_of("a", words).accepts(word) for word in words)
    assert one_of("a", words).accepts(other) == (other in words) == (not none_of("a", words).accepts(other))


def test_amtool_reads_the_same_words(part: Callable[[str], Path], tmp_path: Path) -> None:
    """A pattern made of hostile words is a valid configuration for Alertmanager, which finds the same alerts."""
    words = ["a|b", "x.y", "(", "[", "\\", "{2}", '"', "ü€😀", "a b", "^$"]
    route = f"{{matchers: ['{str(one_of('a', words)).replace(chr(39), chr(39) * 2)}'], receiver: hit}}"
    config = tmp_path / "am.yml"
    config.write_text(f"route: {{receiver: miss, routes: [{route}]}}\nreceivers: [{{name: hit}}, {{name: miss}}]\n")
    for word in [*words, "x", "x-y"]:
        quoted = word.replace("\\", "\\\\").replace('"', '\\"')
        command = [str(part("amtool")), "config", "routes", "test", f"--config.file={config}", f'a="{quoted}"']
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        assert (found == "hit") == (word in words), word


def test_patterns_are_kept_compiled() -> None:
    """The same pattern is compiled once."""
    assert re2.compiled("a|b") is re2.compiled("a|b")
