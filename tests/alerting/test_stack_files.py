"""Two stacks that would get in each other's way."""

from alerting.stack_files import clashes

DEV = b"config:\n  tocsin:cluster:\n    name: shop\n  tocsin:github: {owner: example, repository: tocsin}\n"
STAGING = b"config:\n  tocsin:cluster: {name: shop}\n"
PRODUCTION = b"config:\n  tocsin:github: {owner: example, repository: tocsin}\n  tocsin:cluster: {name: other}\n"


def test_stacks_that_share_nothing_are_fine() -> None:
    """Other names, another repository, sections that are missing, files that say nothing or cannot be read."""
    other = b"config:\n  tocsin:cluster: {name: shop-2}\n  tocsin:github: {owner: example, repository: other}\n"
    texts = {
        "a": DEV,
        "b": other,
        "c": b"",
        "d": b"config: [1]\n",
        "e": b"config: {tocsin:cluster: shop}",
        "f": b"a: [",
    }
    assert list(clashes({f"stacks/Pulumi.{name}.yaml": text for name, text in texts.items()})) == []


def test_what_stacks_share_is_said_of_each() -> None:
    """With file and line, and with the others' names."""
    texts = {"dev": DEV, "staging": STAGING, "production": PRODUCTION}
    found = clashes({f"stacks/Pulumi.{name}.yaml": text for name, text in texts.items()})
    name = (
        "as well; expected a name of its own: series, and the blocks in a bucket, are told apart by it; "
        "rename one of them"
    )
    repository = (
        "looks after example/tocsin as well; expected one stack alone, since each would undo what the other one makes; "
        "remove tocsin:github from all but one"
    )
    assert [str(problem) for problem in found] == [
        f"stacks/Pulumi.dev.yaml:3: stack dev: tocsin:cluster.name: the cluster of staging is called shop {name}",
        f"stacks/Pulumi.staging.yaml:2: stack staging: tocsin:cluster.name: the cluster of dev is called shop {name}",
        f"stacks/Pulumi.dev.yaml:4: stack dev: tocsin:github.repository: production {repository}",
        f"stacks/Pulumi.production.yaml:2: stack production: tocsin:github.repository: dev {repository}",
    ]


def test_three_with_one_name_all_name_the_other_two() -> None:
    """Nobody has to run it twice."""
    texts = {f"stacks/Pulumi.{name}.yaml": STAGING for name in ("a", "b", "c")}
    assert [problem.wrong for problem in clashes(texts)] == [
        "the cluster of b and c is called shop as well",
        "the cluster of a and c is called shop as well",
        "the cluster of a and b is called shop as well",
    ]
