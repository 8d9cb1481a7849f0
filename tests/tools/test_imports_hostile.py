"""Foreign files with anything in any place."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.problem import Problem
from tests.tools.importing import example
from tools.imports import openslo, sloth
from tools.imports.errors import ForeignFileError
from tools.imports.found import Found
from tools.imports.merge import Planned, Settings, plan

Find = Callable[[str, bytes], Found]

ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(
            ("{{.window}}", "sum(rate(x[{{.window}}]))", "x[5m]", "up", "1w", "-1", "99.9", "a: b", "../..")
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a tree but its root."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [found for key, value in items for found in ((*path, key), *places(value, (*path, key)))]


def put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    """Puts a value at a place that may have gone already."""
    for step in path[:-1]:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return
    fits = isinstance(path[-1], int) and path[-1] < len(tree) if isinstance(tree, list) else isinstance(tree, dict)
    if fits:
        tree[path[-1]] = value


def outcome(find: Find, text: bytes, folder: Path) -> tuple[list[Problem], list[Planned]]:
    """The mistakes, or the files."""
    try:
        planned, notes = plan(find("in.yaml", text), Settings(file="in.yaml", folder=folder, owner="a", tier=2))
    except ForeignFileError as error:
        return list(error.problems), []
    assert planned or notes
    return [], list(planned)


@pytest.mark.parametrize(("find", "name"), [(sloth.find, "sloth.yaml"), (openslo.find, "openslo.yaml")])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_anything_anywhere_is_taken_over_or_refused(tmp_path: Path, find: Find, name: str, data: st.DataObject) -> None:
    """Whatever stands in whatever place: the result loads, or there are messages; never another exception."""
    tree = copy.deepcopy(example(name))
    for path in data.draw(st.lists(st.sampled_from(places(tree)), min_size=1, max_size=4)):
        put(tree, path, data.draw(ODD))
    documents = tree if isinstance(tree, list) else [tree]
    text = yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass")
    problems, planned = outcome(find, text, tmp_path)
    lines = text.count(b"\n") + 1
    assert all(1 <= problem.line <= lines and "\n" not in str(problem) for problem in problems)
    assert all(one.path.parent == tmp_path for one in planned)
