"""Strict YAML: what people wrote is what is read, and whatever would change its meaning in silence is a flaw."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerting.builder import MAX_BYTES
from alerting.document import read, read_front_matter
from alerting.places import places


@pytest.mark.parametrize(
    "text",
    [
        *["on", "no", "yes", "off", "y", "True", "NULL", "10:30", "0123", "0x1f", "0o17", "1_000", ".5", "5.", "+1"],
        *[".inf", ".nan", "2026-01-05", "1e", "=", "<<", "99.9%", "5m"],
    ],
)
def test_words_of_yaml_1_1_are_text(text: str) -> None:
    """What YAML 1.1 takes for a truth, a date or an octal number stays the text that stands there."""
    assert read(f"a: {text}\n".encode()).tree == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("-7", -7)],
        *[("1.50", 1.5), ("1e3", 1000.0), ("-0.5", -0.5), ('"true"', "true"), ("'12'", "12"), ('""', "")],
    ],
)
def test_plain_values_have_a_type(text: str, value: object) -> None:
    """Truths, nothing, and decimal numbers are read as such, unless they stand in quotes."""
    tree = read(f"a: {text}\n".encode()).tree
    assert tree == {"a": value}
    assert type(tree["a"]) is type(value)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    """Files of Windows editors are read."""
    assert read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").tree == {"a": 1, "b": 2}
    assert read_front_matter(b"\xef\xbb\xbf---\r\na: 1\r\n---\r\ntext").tree == {"a": 1}


def test_the_first_of_duplicate_keys_stays() -> None:
    """A duplicate is reported, and the rest of the file is still read."""
    document = read(b"a: 1\na: 2\nb: 3\n")
    assert document.tree == {"a": 1, "b": 3}
    assert [(flaw.line, flaw.wrong) for flaw in document.flaws] == [(2, "the key `a` is here twice")]


def test_a_merge_key_is_only_a_key() -> None:
    """`<<` merges nothing."""
    assert read(b"<<: {a: 1}\nb: 2\n").tree == {"<<": {"a": 1}, "b": 2}


def test_a_billion_laughs_cost_nothing() -> None:
    """Aliases are reported and not followed."""
    rows = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    document = read("\n".join(rows).encode())
    assert document.tree["a9"] == [None] * 9


def test_a_file_that_no_person_wrote_is_refused_unread() -> None:
    """A file above the limit is not parsed."""
    document = read(b"#" * (MAX_BYTES + 1))
    assert [(flaw.wrong, flaw.expected, flaw.fix) for flaw in document.flaws] == [
        ("the file has 1048577 bytes", "expected at most 1048576", "split it, or remove what does not belong here")
    ]


def test_every_value_has_its_line() -> None:
    """Keys, items and values below them are found, items by name or position."""
    text = b"a: 1\nlist:\n  - name: x\n    b: {c: 2}\n  - {name: y, d: [1,\n      2]}\nend: |\n  x\n"
    found = places(text)
    wanted = {(): 1, ("a",): 1, ("list",): 2, ("list", 0): 3, ("list", "x", "b", "c"): 4, ("list", 1, "d", 1): 6}
    assert {path: found.line(path) for path in wanted} == wanted
    assert found.line(("end",)) == 7
    assert found.line(("list", "y", "missing")) == 5
    assert found.line(("nowhere", "at", "all")) == 1


def test_a_trail_names_items_and_counts_others_from_one() -> None:
    """People see names where items have one, else the position."""
    found = places(b"list:\n  - name: x\n  - [1, 2]\n5: {1: a}\n")
    assert found.trail(("list", 0, "b")) == "list.x.b"
    assert found.trail(("list", 1, 0)) == "list.#2.#1"
    assert found.trail((5, 1)) == "5.1"


def test_lines_of_front_matter_are_those_of_the_file() -> None:
    """A flaw in a runbook is reported at the line that an editor shows."""
    document = read_front_matter(b"---\ntitle: a\ntitle: b\n---\n# Text\n")
    assert [flaw.line for flaw in document.flaws] == [3]


@given(st.binary(max_size=200))
@example(b"? ? ?")
@example(b"a: !<tag:x> y")
@example(b"&a [*a]")
@example(b"%TAG ! x\n---\n!y z")
@example(b"\xff\xfea\x00:\x00")
def test_any_bytes_are_read_or_reported(text: bytes) -> None:
    """No bytes make the reader raise; it gives keys with values or says why not."""
    for document in (read(text), read_front_matter(text), read_front_matter(b"---\n" + text + b"\n---\n")):
        assert isinstance(document.tree, dict) if document.readable else document.flaws
    assert places(text).line(("a", 0)) >= 1


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#,\n\t 1~\x85\u2028", max_size=60))
def test_any_text_of_signs_is_read_or_reported(text: str) -> None:
    """Nor does any mixture of the signs that mean something in YAML."""
    document = read(text.encode())
    assert isinstance(document.tree, dict) if document.readable else document.flaws
    for flaw in document.flaws:
        assert flaw.line is not None
        assert flaw.line <= text.count("\n") + text.count("\x85") + text.count("\u2028") + 2
