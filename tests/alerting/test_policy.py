"""The loader reads a whole repository, and no file makes it raise anything but what it promises."""

import os
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.checks import run
from alerting.document import read as read_document
from alerting.errors import PolicyError
from alerting.policy import load, read

AT = datetime(2026, 1, 20, tzinfo=UTC)
MINI = Path(__file__).parents[1] / "data" / "mini"
FILES = sorted(
    str(path.relative_to(MINI)) for folder in ("policies", "alerting") for path in (MINI / folder).rglob("*.yaml")
)


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the miniature repository for tests that change one file and put it back."""
    return shutil.copytree(MINI, tmp_path_factory.mktemp("spoiled") / "mini")


def test_a_repository_is_one_frozen_policy(mini: Path) -> None:
    """Everything is there under its name."""
    policy = load(mini)
    assert sorted(policy.services) == ["checkout", "payments-db", "platform"]
    assert sorted(policy.teams) == ["payments", "platform"]
    assert policy.severity.priority("page", 1) == "P0"
    assert policy.catalog["errors"].alerts[0].values == {"threshold": 0.02}
    assert policy.silences["db-upgrade"].active(datetime(2026, 2, 2, tzinfo=UTC))
    assert policy.runbooks["HighErrorRate"].remediation is not None
    assert len(policy.windows.pairs) == 4


def test_loading_raises_all_problems_at_once(mini: Path) -> None:
    """The exception carries the problems of all files, sorted, and its text is all of them."""
    (mini / "policies/services/checkout.yaml").write_text("service: checkout\nowner: payments\ntier: 9\n")
    (mini / "policies/access.yaml").unlink()
    with pytest.raises(PolicyError) as caught:
        load(mini)
    assert str(caught.value) == (
        "policies/access.yaml:1: access: the file is missing; expected every repository to have it; "
        "`tocsin init DIR` writes one to copy\n"
        "policies/services/checkout.yaml:3: service checkout: tier: got 9; expected 1, 2 or 3; choose one of them"
    )
    assert len(caught.value.problems) == 2


def test_an_empty_folder_lists_what_is_missing(tmp_path: Path) -> None:
    """Without any file the reader names the ones that must exist."""
    loaded = read(tmp_path)
    assert loaded.policy is None
    assert [problem.file for problem in loaded.problems] == [
        "alerting/windows.yaml",
        "policies/access.yaml",
        "policies/routing.yaml",
        "policies/severity.yaml",
    ]


def test_hidden_files_templates_and_guardrails_are_left_alone(mini: Path) -> None:
    """Editors' files, the runbook template and the policy pack are no mistakes."""
    (mini / "policies/services/.checkout.yaml.swp").write_bytes(b"\xff")
    (mini / "runbooks/TEMPLATE.md").write_text("# no front matter")
    (mini / "policies/guardrails").mkdir()
    (mini / "policies/README.md").write_text("# Policies")
    assert read(mini).problems == ()


def test_a_file_that_cannot_be_read_is_a_problem(mini: Path) -> None:
    """What the system refuses is reported with its reason."""
    (mini / "policies/severity.yaml").unlink()
    (mini / "policies/severity.yaml").mkdir()
    (mini / "policies/services/cart.yaml").symlink_to("nowhere")
    assert [str(problem) for problem in read(mini).problems] == [
        (
            "policies/services/cart.yaml:1: service: nothing reads this, since it is no file or has no printable name; "
            "expected only files that end in .yaml in policies/services/; move or delete it"
        ),
        (
            "policies/severity.yaml:1: severity: the file cannot be read (Is a directory); "
            "expected a file that everyone may read; correct its permissions, or delete it"
        ),
    ]


def test_names_that_a_terminal_obeys_are_shown_harmlessly(mini: Path) -> None:
    """Neither file names nor keys nor values bring control characters or broken text to the screen."""
    (mini / "policies/services/a\x1b[31m.yaml").write_text("service: a\n")
    Path(os.fsdecode(os.fsencode(mini) + b"/policies/services/\xff.yaml")).write_text("service: a\n")
    (mini / "policies/access.yaml").write_text('roles: {}\n"a\\u001b\\n": "\\u001b"\n')
    for problem in read(mini).problems:
        assert str(problem).isprintable()
        problem.file.encode()


def test_a_wrong_file_hides_no_mistake_of_the_others(mini: Path) -> None:
    """What refers to an object with mistakes is no mistake, and what is wrong elsewhere is still found."""
    (mini / "policies/teams/payments.yaml").write_text("team: payments\n")
    (mini / "policies/services/payments-db.yaml").write_text("service: payments-db\nowner: nobody\ntier: 2\n")
    problems = run(read(mini), AT)
    assert [(problem.file, problem.wrong) for problem in problems] == [
        ("policies/services/payments-db.yaml", "there is no team nobody"),
        ("policies/teams/payments.yaml", "`members` is missing"),
        ("policies/teams/payments.yaml", "`slack` is missing"),
        ("runbooks/PaymentsDbReachableBurn.md", "no alert leads here"),
    ]


def test_a_flood_of_mistakes_is_cut_short(mini: Path) -> None:
    """A file with thousands of mistakes costs little, and a hundred of them are enough."""
    rows = "".join(f"key{n}: 1\n" for n in range(20_000))
    (mini / "policies/services/cart.yaml").write_text(rows)
    assert len([problem for problem in read(mini).problems if "cart" in problem.file]) <= 101


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "5m", "99.9%", "20/s", "x", "up", "A", "2026-01-05", "{{", '{a="b"}', "monday 09:00", "*"]),
    st.text(max_size=8),
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3), max_leaves=6
)


def paths(tree: object, here: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Every path of a tree."""
    yield here
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield from paths(value, (*here, key))


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(file=st.sampled_from(FILES), seed=st.integers(0, 2**32), wrong=TREES, also=st.booleans())
def test_any_wrong_value_anywhere_is_only_a_problem(
    spoiled: Path, file: str, seed: int, wrong: object, also: bool
) -> None:
    """A value of any kind in any place of any file is accepted or reported, by the loader and by every check."""
    original = (MINI / file).read_text()
    tree = read_document(original.encode()).tree
    places = [path for path in paths(tree) if path]
    chosen = random.Random(seed).choice(places)
    around = tree
    for step in chosen[:-1]:
        around = around[step]
    if also and isinstance(around, dict):
        around[str(wrong)] = around.pop(chosen[-1])
    else:
        around[chosen[-1]] = wrong
    (spoiled / file).write_text(yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True))
    try:
        for problem in run(read(spoiled), AT):
            assert str(problem).isprintable()
            assert problem.line >= 1
            assert all((problem.object, problem.wrong, problem.expected, problem.fix))
    finally:
        (spoiled / file).write_text(original)


@settings(max_examples=200, deadline=None)
@given(file=st.sampled_from(FILES), data=st.data())
def test_any_edit_of_the_text_is_only_a_problem(spoiled: Path, file: str, data: st.DataObject) -> None:
    """Nor does cutting, repeating or overwriting a piece of any file make anything raise."""
    original = (MINI / file).read_bytes()
    begin = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(begin, min(len(original), begin + 40)))
    piece = data.draw(
        st.binary(max_size=12) | st.sampled_from([b"", b"\n", b": ", b"- ", b"  ", original[begin:end] * 2])
    )
    (spoiled / file).write_bytes(original[:begin] + piece + original[end:])
    try:
        for problem in run(read(spoiled), AT):
            assert str(problem).isprintable()
    finally:
        (spoiled / file).write_bytes(original)
