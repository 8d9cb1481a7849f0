"""What every component has in common: its type, its children, and what must be there before them."""

from collections.abc import Iterable
from typing import Any

import pulumi

from components.objects import Manifest, place


class Component(pulumi.ComponentResource):
    """A component whose children are Kubernetes objects, `tocsin:components:<kind>`."""

    def __init__(
        self,
        kind: str,
        name: str,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """`after`: what must be there before any child; Pulumi hands a component's own `depends_on` to no child."""
        super().__init__(f"tocsin:components:{kind}", name, None, opts)
        self._after = tuple(after)
        self.placed: list[pulumi.CustomResource] = []
        """The children so far, in order, for those who come after them."""

    def place(
        self, manifest: Manifest, after: Iterable[pulumi.Resource] = (), opts: pulumi.ResourceOptions | None = None
    ) -> pulumi.CustomResource:
        """Places an object as a child, after what the component waits for and `after`."""
        own = pulumi.ResourceOptions(parent=self, depends_on=[*self._after, *after])
        made = place(manifest, pulumi.ResourceOptions.merge(own, opts))
        self.placed.append(made)
        return made

    def place_all(
        self, manifests: Iterable[Manifest], after: Iterable[pulumi.Resource] = ()
    ) -> list[pulumi.CustomResource]:
        """Places several, none of which waits for another."""
        waits = tuple(after)
        return [self.place(manifest, waits) for manifest in manifests]

    def child_options(self, opts: pulumi.ResourceOptions | None = None) -> pulumi.ResourceOptions:
        """The options of a child that is no Kubernetes object, after what the component waits for."""
        own = pulumi.ResourceOptions(parent=self, depends_on=list(self._after))
        return pulumi.ResourceOptions.merge(own, opts)

    def finish(self, **outputs: Any) -> None:
        """Registers the outputs; the last line of every component."""
        self.register_outputs(outputs)
