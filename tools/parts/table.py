"""Every real program, its versions and where it comes from: the one place to change a pin.

A sum stands here only if two independent public projects publish the same sum for the same archive; the platforms
whose sum could not be confirmed so are left out, and for them the release is not offered (ADR 0002).
"""

from collections.abc import Mapping
from typing import Final

from tools.parts import browser, kubernetes, provisioning
from tools.parts.recipe import Bundle, Debian, Module, Program, Release
from tools.parts.version import Accepted

_COMMON_VERSION: Final = "github.com/prometheus/common/version.Version"

# Debian's Prometheus reads its pages from /usr/share unless it is told otherwise.
_DEBIAN_WEB: Final = "usr/share/prometheus/web"
_DEBIAN_ARGUMENTS: Final = {"prometheus": (f"--web.local-assets={{folder}}/{_DEBIAN_WEB}",)}

PROMETHEUS: Final = Bundle(
    name="prometheus",
    version="3.5.0",
    release=Release(
        repository="prometheus/prometheus",
        tag="v3.5.0",
        archive="prometheus-3.5.0.{platform}.tar.gz",
        members={
            "prometheus": "prometheus-3.5.0.{platform}/prometheus",
            "promtool": "prometheus-3.5.0.{platform}/promtool",
        },
        # The same in OpenStack Kolla (kolla/common/sources.py) and a dozen others.
        sums={
            "linux-amd64": "e811827af26d822afb09a4f28314f61b618b12cff5369835a67f674d8b46f39a",
            "linux-arm64": "173389cc42bf09c4e6e54cb53fa07a5a835d7c261e14775d2183181d6e385d1c",
        },
    ),
    debian=Debian(
        packages=("prometheus", "promtool"),
        suites=("sid",),
        programs={"prometheus": "usr/bin/prometheus", "promtool": "usr/bin/promtool"},
        # It carries no pages of its own since 3.5; ours is put where it looks for them.
        pages={f"{_DEBIAN_WEB}/static/react/index.html": "prometheus.html"},
        arguments=_DEBIAN_ARGUMENTS,
    ),
    # No prometheus here: its pages are not in the module, and without them every page is 404.
    module=Module(
        programs={"promtool": "github.com/prometheus/prometheus/cmd/promtool"}, version_symbol=_COMMON_VERSION
    ),
)

PROMETHEUS_242: Final = Bundle(
    name="prometheus-2.42",
    version="2.42.0",
    # No release: no sum of 2.42.0 could be confirmed for any platform.
    debian=Debian(
        # Its pages are the classic ones, which link to the files of what the package depends on.
        packages=(
            "prometheus",
            "fonts-glyphicons-halflings",
            "libjs-bootstrap4",
            "libjs-d3",
            "libjs-eonasdan-bootstrap-datetimepicker",
            "libjs-jquery",
            "libjs-jquery-hotkeys",
            "libjs-moment",
            "libjs-moment-timezone",
            "libjs-mustache",
            "libjs-popper.js",
            "libjs-rickshaw",
        ),
        suites=("bookworm",),
        programs={"prometheus": "usr/bin/prometheus", "promtool-2.42": "usr/bin/promtool"},
        arguments=_DEBIAN_ARGUMENTS,
    ),
    module=Module(
        programs={"promtool-2.42": "github.com/prometheus/prometheus/cmd/promtool"}, version_symbol=_COMMON_VERSION
    ),
)

ALERTMANAGER: Final = Bundle(
    name="alertmanager",
    version="0.28.1",
    release=Release(
        repository="prometheus/alertmanager",
        tag="v0.28.1",
        archive="alertmanager-0.28.1.{platform}.tar.gz",
        members={
            "alertmanager": "alertmanager-0.28.1.{platform}/alertmanager",
            "amtool": "alertmanager-0.28.1.{platform}/amtool",
        },
        # The same in OpenStack Kolla (kolla/common/sources.py) and a dozen others.
        sums={
            "linux-amd64": "5ac7ab5e4b8ee5ce4d8fb0988f9cb275efcc3f181b4b408179fafee121693311",
            "linux-arm64": "d8832540e5b9f613d2fd759e31d603173b9c61cc7bb5e3bc7ae2f12038b1ce4f",
            "darwin-arm64": "6ad077f9de99fe96843a68313f19dd2dbc1e8929135293e48bb10824bd6b4df4",
        },
    ),
    # No Debian: unpacked, it does not start, since it reads its templates from /usr/share and no flag says otherwise.
    module=Module(
        programs={
            "alertmanager": "github.com/prometheus/alertmanager/cmd/alertmanager",
            "amtool": "github.com/prometheus/alertmanager/cmd/amtool",
        },
        version_symbol=_COMMON_VERSION,
    ),
)

SLOTH: Final = Bundle(
    name="sloth",
    version="0.16.0",
    version_argument="version",
    release=Release(
        repository="slok/sloth",
        tag="v0.16.0",
        archive="sloth-{platform}",
        members={"sloth": ""},
        # The same in cashapp/hermit-packages (sloth.hcl) and in Arch's sloth-bin.
        sums={
            "linux-amd64": "1cecaa50853abbb3669a928612b523df8174d258ea6f2a3c8f048e5fc5af90b2",
            "linux-arm64": "7b570c465df3cc997e744dfcfcea83c3559bba6b12f4d6165994925419cbb41c",
        },
    ),
    module=Module(
        programs={"sloth": "github.com/slok/sloth/cmd/sloth"},
        version_symbol="github.com/slok/sloth/internal/info.Version",
    ),
)

_ALERTING: Final = (
    Program(
        name="prometheus",
        commands=("prometheus",),
        accepted=Accepted(minimum="2.42.0", below="4.0.0"),
        bundles=(PROMETHEUS, PROMETHEUS_242),
        used_by=("drill", "tests", "bench"),
        homebrew="prometheus alertmanager",
        apt="prometheus",
    ),
    Program(
        name="promtool",
        commands=("promtool",),
        accepted=Accepted(minimum="3.0.0", below="4.0.0"),
        bundles=(PROMETHEUS,),
        used_by=("drill", "tests"),
        homebrew="prometheus alertmanager",
    ),
    Program(
        name="promtool-2.42",
        commands=("promtool-2.42", "promtool"),
        accepted=Accepted(minimum="2.42.0", below="3.0.0"),
        bundles=(PROMETHEUS_242,),
        used_by=("tests",),
    ),
    # Secrets stand in files (`*_file`) everywhere only since 0.26.
    Program(
        name="alertmanager",
        commands=("alertmanager", "prometheus-alertmanager"),
        accepted=Accepted(minimum="0.26.0", below="1.0.0"),
        bundles=(ALERTMANAGER,),
        used_by=("drill", "tests"),
        homebrew="prometheus alertmanager",
        apt="prometheus-alertmanager",
    ),
    Program(
        name="amtool",
        commands=("amtool",),
        accepted=Accepted(minimum="0.26.0", below="1.0.0"),
        bundles=(ALERTMANAGER,),
        used_by=("drill", "tests"),
        homebrew="prometheus alertmanager",
        apt="prometheus-alertmanager",
    ),
    # Exactly this one: the bench compares with it.
    Program(
        name="sloth",
        commands=("sloth",),
        accepted=Accepted(minimum="0.16.0", below="0.17.0"),
        bundles=(SLOTH,),
        used_by=("tests", "bench"),
    ),
)

_SETS: Final[Mapping[str, tuple[Program, ...]]] = {
    "alerting": _ALERTING,
    "cluster": kubernetes.PROGRAMS,
    "provisioning": provisioning.PROGRAMS,
    "browser": browser.PROGRAMS,
}

TABLE: Final[Mapping[str, Program]] = {program.name: program for programs in _SETS.values() for program in programs}
"""Every program by its name, in the order in which lists show them."""

SETS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(program.name for program in programs) for name, programs in _SETS.items()
}
"""The names of programs that are needed together, so that nobody fetches for minutes what they never run."""
