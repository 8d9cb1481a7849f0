"""The metrics API, as far as `top` needs it: lightkube ships no class for it.

https://github.com/kubernetes/metrics
"""

from typing import Final

from lightkube.generic_resource import create_namespaced_resource

PODS_USAGE: Final = create_namespaced_resource("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", verbs=["get", "list"])
