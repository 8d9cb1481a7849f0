"""`python -m tools.image_pin FILE IMAGE`: writes the bot's image into the file of a stack; its comments stay."""

import io
import re
import sys
from pathlib import Path
from typing import Final

SECTION: Final = "tocsin:bot"
_PINNED: Final = re.compile(r"[a-z0-9][\w./:-]*:\w[\w.-]{0,127}@sha256:[0-9a-f]{64}")


def pin(text: str, image: str) -> str:
    """A stack's file with another image; raises ValueError for one that is not pinned, or a stack without a bot."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    if not _PINNED.fullmatch(image):
        raise ValueError(f"the image is {image!r}; expected name:tag@sha256:...; take what the building workflow says")
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    try:
        tree = yaml.load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"line {line}: {error.problem}; expected YAML; correct the file") from error
    try:
        tree["config"][SECTION]["image"] = image
    except (KeyError, TypeError) as error:
        raise ValueError(f"there is no config.{SECTION}; expected a stack with a bot; add the section") from error
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def main(path: Path, image: str) -> None:
    """Writes the file; raises OSError and ValueError."""
    if not path.exists():
        known = sorted(file.name.split(".")[1] for file in path.parent.glob("Pulumi.*.yaml"))
        raise ValueError(f"there is no such stack; expected one of {', '.join(known) or 'none'}; name it with STACK=")
    path.write_text(pin(path.read_text(encoding="utf-8"), image), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2])
    except (OSError, ValueError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
