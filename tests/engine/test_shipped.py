"""The stack of the example company as it is shipped."""

from pathlib import Path

from tests.engine.company import leaks
from tests.engine.deployment import deployment
from tests.engine.repository import fork
from tests.stacks.companies import ROOT

PASSPHRASE = "example"
"""As the file itself says."""


def test_production_can_be_previewed_by_whoever_clones(tmp_path: Path) -> None:
    """The secrets of the file open with its passphrase, the guardrails are content, and nothing of them is shown."""
    root = fork(tmp_path, ROOT)
    with deployment(root, "production", None, PASSPHRASE) as stack:
        said = stack.make("preview")
    assert said.code == 0, said.text[-3000:]
    assert said.calls == ()
    assert "urn:pulumi:production::tocsin::tocsin:components:ThanosCompactor::thanos-compactor" in said.text
    assert "tocsin|local|policies/guardrails" in said.text
    assert leaks(said.text) == []
    was = (ROOT / "stacks" / "Pulumi.production.yaml").read_text(encoding="utf-8")
    assert (root / "stacks" / "Pulumi.production.yaml").read_text(encoding="utf-8") == was
