"""What providers make up: outputs that are no inputs, as far as the program reads them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

COMPUTED: Final[dict[str, Callable[[str, Mapping[str, Any]], Mapping[str, Any]]]] = {
    "pagerduty:index/serviceIntegration:ServiceIntegration": lambda name, inputs: {"integrationKey": f"key-of-{name}"},
    "pagerduty:index/webhookSubscription:WebhookSubscription": lambda name, inputs: {
        "deliveryMethods": [{**way, "secret": f"secret-of-{name}"} for way in inputs["deliveryMethods"]]
    },
}
"""Type → (name, inputs) → outputs. A program that reads an output which is not here reads None."""


def computed_outputs(type_: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs of one resource beyond its inputs."""
    made = COMPUTED.get(type_)
    return made(name, inputs) if made is not None else {}
