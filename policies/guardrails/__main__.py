"""Run by Pulumi for `--policy-pack policies/guardrails`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# This folder comes first when it is run by its path, and would hide modules of others that are called like ours.
sys.path[:] = [str(ROOT), *(place for place in sys.path if Path(place).resolve() != Path(__file__).resolve().parent)]

from policies.guardrails import pack  # noqa: E402 - it must be found first

pack.serve(ROOT)
