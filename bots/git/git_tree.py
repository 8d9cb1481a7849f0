"""Trees of a bare repository: changing some paths costs the folders on the way to them, however much else there is."""

from collections.abc import Iterator, Mapping
from typing import Any

import pygit2

Nested = dict[str, Any]


def changed_tree(repository: pygit2.Repository, tree: pygit2.Tree | None, files: Mapping[str, bytes]) -> pygit2.Oid:
    """The tree with these files (path → bytes) put in or replaced; all others as they are."""
    nested: Nested = {}
    for path, content in files.items():
        *folders, name = path.split("/")
        level = nested
        for folder in folders:
            level = level.setdefault(folder, {})
        level[name] = content
    return _write(repository, tree, nested)


def _write(repository: pygit2.Repository, tree: pygit2.Tree | None, nested: Nested) -> pygit2.Oid:
    builder = repository.TreeBuilder(tree) if tree is not None else repository.TreeBuilder()
    for name, change in nested.items():
        if isinstance(change, bytes):
            builder.insert(name, repository.create_blob(change), pygit2.enums.FileMode.BLOB)
        else:
            below = subtree(tree, name)
            builder.insert(name, _write(repository, below, change), pygit2.enums.FileMode.TREE)
    return builder.write()


def subtree(tree: pygit2.Tree | None, path: str) -> pygit2.Tree | None:
    """The folder at a path; None if there is none."""
    found = entry(tree, path)
    return found if isinstance(found, pygit2.Tree) else None


def content(tree: pygit2.Tree | None, path: str) -> bytes | None:
    """The bytes of the file at a path; None if there is none."""
    found = entry(tree, path)
    return bytes(found.data) if isinstance(found, pygit2.Blob) else None


def entry(tree: pygit2.Tree | None, path: str) -> pygit2.Object | None:
    """What is at a path; None if there is nothing."""
    if tree is None:
        return None
    try:
        return tree[path]
    except KeyError:
        return None


def folders(tree: pygit2.Tree | None) -> Iterator[tuple[str, pygit2.Tree]]:
    """The folders directly inside, with their names."""
    for found in tree or ():
        if isinstance(found, pygit2.Tree):
            yield str(found.name), found


def changed_paths(repository: pygit2.Repository, old: pygit2.Tree | None, new: pygit2.Tree | None) -> list[str]:
    """The paths of files that differ between two trees; equal folders are not looked into."""
    if old is None and new is None:
        return []
    if old is None or new is None:
        one = new if new is not None else old
        assert one is not None
        difference = one.diff_to_tree(swap=new is not None)
    else:
        difference = old.diff_to_tree(new)
    return sorted({delta.new_file.path or delta.old_file.path for delta in difference.deltas})
