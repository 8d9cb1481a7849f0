"""The Kubernetes objects of a stack as plain manifests: the program run without a cluster and without an account."""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from alerting.rendering.header import HEADER
from alerting.yaml_text import dump
from tools.root import find_root

if TYPE_CHECKING:  # `tocsin render` alone does without the program and what runs it
    from tools.program import Registered

FOLDER: Final = "kubernetes"
"""Under rendered/; one folder in it for each stack."""
SECRET: Final = "SECRET"
"""What stands for a secret value."""
NO_PACKAGES: Final = (
    "Pulumi's packages are not installed; expected those of requirements-pulumi.lock; "
    "install them with `pip install --require-hashes -r requirements-pulumi.lock`"
)
_SECRET_HEADER: Final = f"# Secret values are not here: put them in place of {SECRET} before you apply this by hand.\n"
_DEFINITION: Final = "CustomResourceDefinition"
_OURS: Final = frozenset({"rules"})
"""Folders beside those of the stacks."""
_FIRST: Final = ("apiVersion", "kind", "metadata", "name", "namespace")


def complete_stack(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The stacks of the repository, for the shell."""
    root = ctx.find_root().params.get("root") or find_root(Path.cwd())
    names = stacks(Path(root)) if root is not None else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def stacks(root: Path) -> list[str]:
    """The names of the stacks of a repository."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("stacks/Pulumi.*.yaml"))


def is_of_stack(path: str) -> bool:
    """Whether a file under rendered/ is one of a stack's objects."""
    first, *rest = path.split("/")
    return first == FOLDER and len(rest) > 1 and rest[0] not in _OURS


def folder_of(stack: str) -> str:
    """The folder of a stack's objects under rendered/."""
    return f"{FOLDER}/{stack}"


def kept(folder: Path) -> tuple[Sequence[str], Sequence[str]]:
    """The stacks whose objects lie in a folder such as rendered/: those that can be made here, those that cannot."""
    found = sorted(path.name for path in folder.glob(f"{FOLDER}/*") if path.is_dir() and path.name not in _OURS)
    return (found, ()) if _packages() else ((), found)


def _packages() -> bool:
    return importlib.util.find_spec("pulumi") is not None


def folders(root: Path, names: Sequence[str]) -> list[str]:
    """The folders of these stacks under rendered/; raises click.BadParameter for a stack that cannot be rendered."""
    known = stacks(root)
    for name in names:
        if name not in known or name in _OURS:
            raise click.BadParameter(
                f"{name}: no such stack; expected one of {', '.join(known) or 'stacks/Pulumi.<stack>.yaml'}",
                param_hint="--kubernetes",
            )
    if not _packages():
        raise click.ClickException(NO_PACKAGES)
    return [folder_of(name) for name in names]


def files(root: Path, stack: str) -> dict[str, str]:
    """Texts by path under rendered/; raises click.ClickException with every mistake of the stack's configuration.

    The definitions of the custom kinds are not among them: they lie ready to be applied in components/crds.
    """
    import pulumi

    from tools.program import record_stack

    try:
        recording = record_stack(root, stack)
    except pulumi.RunError as error:
        raise click.ClickException(str(error)) from error
    return dict(_files(stack, recording.resources))


def _files(stack: str, resources: Sequence["Registered"]) -> Iterator[tuple[str, str]]:
    from components.objects import OPEN

    for one in resources:
        if not one.is_kubernetes or one.manifest["kind"] == _DEFINITION:
            continue
        about = one.manifest["metadata"]
        place = about.get("namespace", "cluster")
        secrets = frozenset() if OPEN.items() <= about.get("annotations", {}).items() else one.secrets
        header = HEADER + (_SECRET_HEADER if secrets else "")
        yield (
            f"{FOLDER}/{stack}/{place}/{one.manifest['kind'].lower()}-{about['name']}.yaml",
            header + dump(ordered(hidden(one.manifest, secrets))),
        )


def hidden(value: Any, secrets: frozenset[tuple[str | int, ...]], path: tuple[str | int, ...] = ()) -> Any:
    """A value with SECRET in place of its secrets; of a mapping that is one as a whole the keys stay."""
    if path in secrets:
        return dict.fromkeys(value, SECRET) if isinstance(value, Mapping) else SECRET
    if isinstance(value, Mapping):
        return {key: hidden(item, secrets, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [hidden(item, secrets, (*path, at)) for at, item in enumerate(value)]
    return value


def ordered(value: Any) -> Any:
    """The keys in the order in which people look for them; the wire between SDK and engine keeps none."""
    if isinstance(value, Mapping):
        first = [key for key in _FIRST if key in value]
        return {key: ordered(value[key]) for key in (*first, *sorted(value.keys() - set(first)))}
    return [ordered(item) for item in value] if isinstance(value, list) else value
