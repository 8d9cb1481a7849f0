"""The YAML that is written is the YAML that is read."""

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerting.document import read
from alerting.yaml_text import dump

TEXT = st.one_of(
    st.text(),
    st.text(alphabet="ab01 :#-'\"{}[]|>\n\t,.&*!%@`?=~"),
    st.sampled_from(
        ["on", "No", "null", "~", "1e3", "0123", "10:30", "2026-01-01", "<<", "=", "- a", "a: b", "a #b", ""]
    ),
)
LEAF = st.one_of(
    TEXT, st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=20,
)


@given(TREE)
def test_a_reader_of_yaml_1_1_reads_back_what_was_written(tree: Any) -> None:
    """PyYAML, whose resolver knows the most surprises, gives the same value back."""
    assert yaml.load(dump(tree), Loader=yaml.CSafeLoader) == tree  # CSafeLoader is safe


@given(st.dictionaries(TEXT.filter(lambda key: key.isprintable() and key != ""), TREE, max_size=5))
def test_the_strict_reader_of_policy_files_reads_back_what_was_written(tree: dict[str, Any]) -> None:
    """What is written passes the project's own strict reader, without a single complaint."""
    document = read(dump(tree).encode())
    assert (document.flaws, document.tree) == ((), tree)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"interval": "15s", "rules": []}, "interval: 15s\nrules: []\n"),
        ({"expr": "a > 1\nand b > 2"}, "expr: |-\n  a > 1\n  and b > 2\n"),
        ({"a": [{"b": 1, "c": {}}, ["x", ["z"]]]}, "a:\n  - b: 1\n    c: {}\n  - - x\n    - - z\n"),
        ({"le": "0.5", "on": "yes"}, "le: '0.5'\n'on': 'yes'\n"),
        ({"d": '{{ $value }} isn\'t "good"'}, "d: '{{ $value }} isn''t \"good\"'\n"),
        ({"d": "a\tb"}, 'd: "a\\tb"\n'),
        (1e300, "1.0e+300\n"),
        (math.inf, ".inf\n"),
    ],
)
def test_people_read_it_too(value: Any, text: str) -> None:
    """The text has two spaces a level, no needless quotes, and blocks for several lines."""
    assert dump(value) == text


def test_what_has_no_spelling_is_refused() -> None:
    """A value that no file should hold is an error, not its repr."""
    with pytest.raises(
        TypeError, match=r"^set has no spelling in YAML here; expected text, a number, a list or a mapping$"
    ):
        dump({"a": {1}})  # type: ignore[dict-item]
