"""The programs with which a deployment is tried: Pulumi's engine, Thanos and a store, actionlint; part of the table."""

from typing import Final

from tools.parts.recipe import Bundle, Module, Program
from tools.parts.version import Accepted

PULUMI: Final = Bundle(
    name="pulumi",
    version="3.259.0",
    version_argument="version",
    module=Module(
        programs={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
        version_symbol="github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
        version_prefix="v",
    ),
)

# 0.42.5 asks for a newer Go than PyPI's 1.26 has.
THANOS: Final = Bundle(
    name="thanos",
    version="0.42.4",
    module=Module(
        programs={"thanos": "github.com/thanos-io/thanos/cmd/thanos"},
        version_symbol="github.com/prometheus/common/version.Version",
        # Without the second it takes labels for another kind than they are, and ends at the first one over gRPC.
        # https://github.com/thanos-io/thanos/blob/v0.42.4/.promu.yml
        tags=("netgo", "slicelabels"),
    ),
)

VERSITYGW: Final = Bundle(
    name="versitygw",
    version="1.8.0",
    module=Module(
        programs={"versitygw": "github.com/versity/versitygw/cmd/versitygw"},
        version_symbol="main.Version",
        version_prefix="v",
    ),
)

ACTIONLINT: Final = Bundle(
    name="actionlint",
    version="1.7.12",
    version_argument="-version",
    module=Module(
        programs={"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"},
        version_symbol="github.com/rhysd/actionlint.version",
    ),
)

PROGRAMS: Final = (
    # Not older than the SDK in the lock.
    Program(
        name="pulumi",
        commands=("pulumi",),
        accepted=Accepted(minimum="3.259.0", below="4.0.0"),
        bundles=(PULUMI,),
        used_by=("tests",),
        homebrew="pulumi/tap/pulumi",
    ),
    Program(
        name="thanos",
        commands=("thanos",),
        accepted=Accepted(minimum="0.42.0", below="0.43.0"),
        bundles=(THANOS,),
        used_by=("tests",),
    ),
    # Not another one than the dev stack runs.
    Program(
        name="versitygw",
        commands=("versitygw",),
        accepted=Accepted(minimum="1.8.0", below="1.9.0"),
        bundles=(VERSITYGW,),
        used_by=("tests",),
    ),
    Program(
        name="actionlint",
        commands=("actionlint",),
        accepted=Accepted(minimum="1.7.0", below="2.0.0"),
        bundles=(ACTIONLINT,),
        used_by=("tests",),
        homebrew="actionlint",
    ),
)
