"""The drill with real windows: fault to alert, fault to page, page to push."""

import json
import subprocess
import sys

from tools.bench.figure import Figure


def measure() -> list[Figure]:
    """Runs `tocsin drill --real-time` once; raises RuntimeError with its words when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.cli", "drill", "--real-time", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the drill failed: {done.stderr.strip() or done.stdout.strip()}")
    outcome = json.loads(done.stdout)
    promised = outcome["fault_to_page_promised"]
    terms = " + ".join(f"{name} {seconds:.1f}" for name, seconds in promised.items())
    return [
        Figure(name="drill: fault to alert (MTTD)", value=outcome["mttd_s"], unit="s", target=120),
        Figure(
            name="drill: fault to page",
            value=outcome["fault_to_page_s"],
            unit="s",
            target=sum(promised.values()),
            beside=terms,
        ),
        Figure(name="drill: page to pushed incident", value=outcome["page_to_push_s"], unit="s", target=5),
    ]
