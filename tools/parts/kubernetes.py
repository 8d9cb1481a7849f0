"""The programs of a Kubernetes control plane, and the operator that runs on it; part of the table.

The test archive of Kubernetes (envtest) has no kube-controller-manager, which is therefore always built. Go compiles
what it shares with kube-apiserver once, as long as it keeps its own cache.
"""

from typing import Final

from tools.parts.recipe import Bundle, Debian, Module, Program, Release
from tools.parts.version import Accepted

_VERSION: Final = "1.36.1"
_VERSION_SYMBOL: Final = "k8s.io/component-base/version.gitVersion"
# One minor version: a controller manager may be older than its API server, never newer.
_ACCEPTED: Final = Accepted(minimum="1.36.0", below="1.37.0")

# As envtest-releases.yaml of controller-tools publishes them; half a dozen projects pin the same.
_ENVTEST_SUMS: Final = {
    "linux-amd64": "ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dc"
    "f30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08",
    "linux-arm64": "2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae2818"
    "1afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac",
    "darwin-arm64": "9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916"
    "e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce",
}


def _envtest(program: str) -> Release:
    """The official archive for tests of controllers; each bundle takes its own program out of it.

    Not one bundle of both: where the archive cannot be reached, its programs come from different places.
    """
    return Release(
        repository="kubernetes-sigs/controller-tools",
        tag="envtest-v1.36.2",
        archive="envtest-v1.36.2-{platform}.tar.gz",
        members={program: f"controller-tools/envtest/{program}"},
        sums=_ENVTEST_SUMS,
    )


ETCD: Final = Bundle(
    name="etcd",
    version="3.7.3",
    release=_envtest("etcd"),
    debian=Debian(packages=("etcd-server",), suites=("sid",), programs={"etcd": "usr/bin/etcd"}),
    module=Module(programs={"etcd": "go.etcd.io/etcd/server/v3"}),
)

KUBE_APISERVER: Final = Bundle(
    name="kube-apiserver",
    version=_VERSION,
    release=_envtest("kube-apiserver"),
    module=Module(
        programs={"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver"},
        folder="kubernetes",
        version_symbol=_VERSION_SYMBOL,
        version_prefix="v",
    ),
)

KUBE_CONTROLLER_MANAGER: Final = Bundle(
    name="kube-controller-manager",
    version=_VERSION,
    module=Module(
        programs={"kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager"},
        folder="kubernetes",
        version_symbol=_VERSION_SYMBOL,
        version_prefix="v",
    ),
)

_OPERATOR: Final = "github.com/prometheus-operator/prometheus-operator"

PROMETHEUS_OPERATOR: Final = Bundle(
    name="prometheus-operator",
    version="0.85.0",
    module=Module(
        programs={"prometheus-operator": f"{_OPERATOR}/cmd/operator"},
        version_symbol="github.com/prometheus/common/version.Version",
        files={
            "crds": (_OPERATOR, "example/prometheus-operator-crd"),
            "rbac": (_OPERATOR, "example/rbac/prometheus-operator"),
        },
    ),
)

PROGRAMS: Final = (
    Program(
        name="etcd",
        commands=("etcd",),
        accepted=Accepted(minimum="3.5.0", below="4.0.0"),
        bundles=(ETCD,),
        used_by=("tests",),
        homebrew="etcd",
        apt="etcd-server",
    ),
    Program(
        name="kube-apiserver",
        commands=("kube-apiserver",),
        accepted=_ACCEPTED,
        bundles=(KUBE_APISERVER,),
        used_by=("tests",),
    ),
    Program(
        name="kube-controller-manager",
        commands=("kube-controller-manager",),
        accepted=_ACCEPTED,
        bundles=(KUBE_CONTROLLER_MANAGER,),
        used_by=("tests",),
    ),
    Program(
        name="prometheus-operator",
        commands=(),
        accepted=Accepted(minimum="0.85.0", below="0.86.0"),
        bundles=(PROMETHEUS_OPERATOR,),
        used_by=("tests",),
    ),
)
