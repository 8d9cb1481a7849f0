"""A repository as somebody has it who forked this one: its code and commands, with another company's files."""

import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Final

from tests.stacks.companies import MINI, ROOT
from tools.parts import find

_CODE: Final = ("alerting", "bots", "components", "dashboards", "policies", "stacks", "tools")
_FILES: Final = ("Makefile", "Pulumi.yaml", "pyproject.toml", "requirements.lock", "requirements-pulumi.lock")
_COMPANY: Final = ("policies/*", "alerting/catalog", "alerting/windows.yaml", "runbooks", "stacks/Pulumi.*.yaml")
"""A company's own files, but for the guardrails, which come with the code."""
_GUARDRAILS: Final = "guardrails"
_STAMPS: Final = ("run.stamp", "pulumi.stamp")
_LANGUAGE: Final = Path(__file__).parent / "language.py"


def fork(folder: Path, company: Path = MINI) -> Path:
    """A repository in a new folder, with the miniature company or another."""
    root = folder / "repository"
    without = shutil.ignore_patterns("__pycache__")
    for name in _CODE:
        shutil.copytree(ROOT / name, root / name, ignore=without)
    for name in _FILES:
        shutil.copy2(ROOT / name, root / name)
    for pattern in _COMPANY:
        for path in (one for one in sorted(root.glob(pattern)) if one.name != _GUARDRAILS):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (one for one in sorted(company.glob(pattern)) if one.name != _GUARDRAILS):
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(path, root / path.relative_to(company))
    _environment(root / ".venv")
    return root


def _environment(place: Path) -> None:
    """The virtual environment that runs, as one in which `make` has nothing to install."""
    place.mkdir()
    for one in ("bin", "lib", "pyvenv.cfg"):
        (place / one).symlink_to(Path(sys.prefix) / one)
    for stamp in _STAMPS:
        (place / stamp).touch()


def commands(folder: Path) -> str:
    """A PATH whose first folder has `pulumi` and the host of its Python programs."""
    here = folder / "commands"
    if not here.exists():
        here.mkdir()
        (here / "pulumi").symlink_to(find("pulumi").path)
        host = here / "pulumi-language-python"
        host.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{_LANGUAGE}" "$@"\n', encoding="utf-8")
        host.chmod(host.stat().st_mode | stat.S_IXUSR)
    return os.pathsep.join((str(here), os.environ.get("PATH", os.defpath)))
