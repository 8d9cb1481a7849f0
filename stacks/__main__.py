"""The Pulumi program: reads the settings, then hands finished values to components. Only wiring."""

import pulumi
import pulumi_kubernetes

from components.namespaces import Namespaces, NamespacesArgs
from stacks import settings as configuration

settings = configuration.read()
stack, policy = settings.stack, settings.policy

cluster = pulumi_kubernetes.Provider("cluster", context=stack.cluster.context, enable_server_side_apply=True)
inside = pulumi.ResourceOptions(providers=[cluster])

namespaces = Namespaces("namespaces", NamespacesArgs(main=stack.cluster.namespace), inside)
