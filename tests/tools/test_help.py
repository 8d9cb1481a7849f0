"""What `--help` says of the commands."""

from collections.abc import Iterator

import click

from tools.cli import main

_WIDTH = 80
_MARGINS = 6


def cut(group: click.Group, name: str) -> Iterator[str]:
    """The commands below a group whose line does not fit."""
    context = click.Context(group, info_name=name)
    names = group.list_commands(context)
    limit = _WIDTH - _MARGINS - max(map(len, names))
    for each in names:
        command = group.get_command(context, each)
        assert command is not None
        if name != "tocsin" and command.get_short_help_str(limit).endswith("..."):
            yield f"{name} {each}"
        if isinstance(command, click.Group):
            yield from cut(command, f"{name} {each}")


def test_lists_of_commands_say_whole_sentences() -> None:
    """Nothing is cut off on a terminal of 80 columns; the list of `tocsin` itself has lines of its own."""
    assert list(cut(main, "tocsin")) == []
