"""Two ways to live through the same outage: the machine puts it right, or a person does."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from alerting.model.policy import Policy
from tools.drill.errors import DrillError

ACTION: Final = "restart_deployment"
_COPIED: Final = ("policies", "alerting/catalog", "runbooks")
_WINDOWS: Final = "alerting/windows.yaml"
_WORK_S: Final = 900.0
_ACKNOWLEDGE_S: Final = 300.0
FROZEN: Final = "rehearsal: a person does it by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of the two; the policies of both differ in the freeze switch and in nothing else."""

    automatic: bool
    """The bound action runs by itself; else remediation is frozen, and a person restarts the service by hand."""
    acknowledge_s: float
    """Seconds of real time from the alert to the acknowledgment of the person."""
    person_s: float
    """Seconds of real time from the alert to the restart by the person."""

    @property
    def name(self) -> str:
        """In a word."""
        return "with remediation" if self.automatic else "without"


def usual_s(policy: Policy, priority: str) -> tuple[float, float]:
    """How long a person takes, by assumption: what the policy allows to acknowledge, then a quarter of an hour of work.

    That is for opening a laptop and the dashboards, ruling out a release and the database, reading the runbook, and
    restarting. It is no measurement; the comparison says from which time on its goal would be missed.
    """
    meaning = policy.severity.priorities.get(priority)  # type: ignore[call-overload]  # a word of P0..P4
    within = meaning.acknowledge_within if meaning else None
    acknowledge = _ACKNOWLEDGE_S if within is None else within.seconds
    return acknowledge, acknowledge + _WORK_S


def policies_of(root: Path, folder: Path, variant: Variant, service: str, alert: str) -> Path:
    """A copy of the policies in which the alert's action runs by itself, unless remediation is frozen.

    Raises DrillError if the service binds another action to the alert, or none.
    """
    copy = folder / "policy"
    for name in _COPIED:
        shutil.copytree(root / name, copy / name)
    shutil.copy(root / _WINDOWS, copy / _WINDOWS)
    file = copy / "policies" / "services" / f"{service}.yaml"
    yaml = YAML()
    tree = yaml.load(file.read_text(encoding="utf-8"))
    binding = tree.get("remediations", {}).get(alert, {})
    if binding.get("action") != ACTION:
        raise DrillError(
            f"policies/services/{service}.yaml: remediations: {alert}: got {binding.get('action') or 'nothing'}; "
            f"expected {ACTION}, which the comparison lets run; bind it, or run the drill in a clone of the project"
        )
    binding |= {"automatic": True, "approval": False}
    _dump(yaml, file, tree)
    _switch(yaml, copy / "policies" / "remediation.yaml", frozen=not variant.automatic)
    return copy


def _switch(yaml: YAML, file: Path, *, frozen: bool) -> None:
    tree = (yaml.load(file.read_text(encoding="utf-8")) if file.exists() else None) or {}
    tree["dry_run"] = False
    tree.pop("freeze", None)
    if frozen:
        tree["freeze"] = {"reason": FROZEN}
    _dump(yaml, file, tree)


def _dump(yaml: YAML, file: Path, tree: Any) -> None:
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(tree, out)
