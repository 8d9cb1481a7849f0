"""Imports made short: a foreign text goes in, the outcome and the service files come out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from click.testing import CliRunner

from alerting.document import read
from alerting.model.service import Service
from tools.cli import main

DATA: Final = Path(__file__).parent.parent / "data" / "import"


@dataclass(frozen=True)
class Outcome:
    """What one import did."""

    status: int
    out: str
    err: str
    folder: Path

    def services(self) -> dict[str, Service]:
        """Every service file, read as strictly as `tocsin check` does."""
        found = {}
        for path in sorted(self.folder.glob("*.yaml")):
            document = read(path.read_bytes())
            assert document.flaws == ()
            found[path.stem] = Service.model_validate(document.tree)
        return found


def take_over(kind: str, text: str | bytes, tmp_path: Path, *options: str) -> Outcome:
    """Imports a text that stands in a file called in.yaml into a folder of its own."""
    source, folder = tmp_path / "in.yaml", tmp_path / "services"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    command = ["import", kind, str(source), "--out", str(folder), *options]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    shown = [part.replace(f"{tmp_path}/", "") for part in (done.stdout, done.stderr)]
    return Outcome(status=done.exit_code, out=shown[0], err=shown[1], folder=folder)


def example(name: str) -> Any:
    """A file of tests/data/import, or all of its documents if there are several."""
    documents = list(yaml.load_all((DATA / name).read_text(), Loader=yaml.CSafeLoader))
    return documents[0] if len(documents) == 1 else documents
