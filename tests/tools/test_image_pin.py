"""The bot's image, written into the file of a stack."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.image_pin import pin

IMAGE = f"ghcr.io/example/tocsin:1.4.0@sha256:{'a' * 64}"
FILE = """# One small cluster.
config:
  tocsin:cluster:
    name: shop-dev                            # kept
    resources: {cpu: 200m, cpu_limit: "1"}
  tocsin:bot:
    image: ghcr.io/example/tocsin:1.3.0       # the last one
    remote: git@github.com:example/tocsin.git
"""


def test_only_the_image_changes() -> None:
    """Comments, quotes and the order of keys stay."""
    changed = pin(FILE, IMAGE).splitlines()
    assert [line for line in changed if line not in FILE.splitlines()] == [f"    image: {IMAGE} # the last one"]
    assert len(changed) == len(FILE.splitlines())
    assert pin(pin(FILE, IMAGE), IMAGE) == pin(FILE, IMAGE)


@pytest.mark.parametrize("image", ["", "tocsin", "ghcr.io/example/tocsin:1.4.0", f"{IMAGE}; rm", "latest@sha256:abc"])
def test_an_image_that_is_not_pinned_is_refused(image: str) -> None:
    """A tag alone may be moved between staging and production."""
    with pytest.raises(ValueError, match="the image is") as caught:
        pin(FILE, image)
    assert str(caught.value) == (
        f"the image is {image!r}; expected name:tag@sha256:...; take what the building workflow says"
    )


@pytest.mark.parametrize("text", ["config: {}\n", "{}\n", ""])
def test_a_stack_without_a_bot_is_refused(text: str) -> None:
    """Nothing is added to it by a release."""
    with pytest.raises(ValueError, match="there is no") as caught:
        pin(text, IMAGE)
    assert str(caught.value) == "there is no config.tocsin:bot; expected a stack with a bot; add the section"


def test_a_file_that_is_no_yaml_is_refused() -> None:
    """With the line, and without a trace of the program."""
    with pytest.raises(ValueError, match=r"^line 3: ") as caught:
        pin("config:\n  - [\n", IMAGE)
    assert str(caught.value).endswith("; expected YAML; correct the file")


def test_it_writes_the_file_or_says_why_not(tmp_path: Path) -> None:
    """As Make calls it."""
    path = tmp_path / "Pulumi.dev.yaml"
    for other in ("prod", "staging"):
        (tmp_path / f"Pulumi.{other}.yaml").write_text(FILE)
    command = [sys.executable, "-m", "tools.image_pin", str(path)]
    missing = subprocess.run([*command, IMAGE], capture_output=True, text=True, check=False)
    assert (missing.returncode, missing.stderr) == (
        1,
        f"{path}: there is no such stack; expected one of prod, staging; name it with STACK=\n",
    )
    path.write_text(FILE)
    assert subprocess.run([*command, IMAGE], check=False).returncode == 0
    assert path.read_text() == pin(FILE, IMAGE)
