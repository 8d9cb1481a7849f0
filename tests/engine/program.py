"""Runs a program of Pulumi as `pulumi-language-python-exec` does; started by language.py, in an interpreter of its own.

`python -u -P program.py <settings as JSON> <folder of the program>`
"""

import asyncio
import json
import runpy
import sys
import traceback
from typing import Final

import pulumi
from pulumi import runtime

_SAID: Final = 32


def main() -> int:
    """Gives how the process ends."""
    about, program = sys.argv[1:]
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(runtime.Settings(**json.loads(about)))  # type: ignore[no-untyped-call]
    sys.argv = [program]
    try:
        asyncio.run(runtime.run_in_stack(lambda: runpy.run_path(program, run_name="__main__")))
    except pulumi.RunError as wrong:
        pulumi.log.error(str(wrong))
        return _SAID
    except Exception:
        pulumi.log.error(f"Program failed with an unhandled exception:\n{traceback.format_exc()}")
        return _SAID
    return 0


if __name__ == "__main__":
    sys.exit(main())
