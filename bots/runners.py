"""Where remediations run: programs on this machine, or Jobs of a cluster."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bots.configuration.actions_file import read_actions
from bots.errors import SettingsError
from bots.local_runner import LocalRunner
from bots.settings import KUBECONFIG, REMEDIATION_NAMESPACE, Settings

if TYPE_CHECKING:
    from bots.kubernetes.runner import KubernetesRunner


def runner_of(settings: Settings, now: Callable[[], datetime]) -> "LocalRunner | KubernetesRunner":
    """What the settings say; raises SettingsError if there is no way to the cluster, or for a file with mistakes."""
    if settings.remediation_namespace is None:
        return LocalRunner(read_actions(settings.actions_file))
    # Whoever runs no Jobs need not load a Kubernetes client.
    import lightkube

    from bots.actions.cluster import kubeconfig
    from bots.kubernetes.runner import KubernetesRunner

    try:
        config = kubeconfig(settings.kubeconfig)
    except lightkube.ConfigError as error:
        problem = f"no way to a cluster: {error}; expected to run in one, or a file that {KUBECONFIG} names"
        raise SettingsError([f"{REMEDIATION_NAMESPACE}: {problem}"]) from error
    return KubernetesRunner(config, settings.remediation_namespace, now)
