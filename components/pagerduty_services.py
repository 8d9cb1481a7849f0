"""Services in PagerDuty: how urgent they are, what they need, and the keys by which Alertmanager reaches them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_pagerduty as pagerduty

from components.component import Component
from components.objects import metadata

INTEGRATIONS: Final = "pagerduty-integrations"
"""The Secret with the integration keys, one key for each service."""
WEBHOOK: Final = "pagerduty-webhook"
"""The Secret whose key `secret` signs what PagerDuty tells the bot."""
# https://support.pagerduty.com/main/docs/webhooks#supported-resources-and-event-types
EVENTS: Final = (
    "incident.acknowledged",
    "incident.annotated",
    "incident.delegated",
    "incident.escalated",
    "incident.priority_updated",
    "incident.reassigned",
    "incident.reopened",
    "incident.resolved",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.status_update_published",
    "incident.triggered",
    "incident.unacknowledged",
)
NEVER: Final = "null"
"""PagerDuty's word for no timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportHours:
    """When a service's incidents are urgent, if they are not always."""

    time_zone: str
    days: Sequence[int]
    """Monday is 1."""
    start: str
    """`09:00:00`."""
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceArgs:
    """One service."""

    name: str
    description: str
    owner: str
    needs: Sequence[str]
    urgency: str
    """`high` or `low`; of no meaning with support hours."""
    support_hours: SupportHours | None
    key: str
    """What its integration key is called in the Secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyServicesArgs:
    """All services."""

    namespace: str
    """Of the Secrets."""
    services: Sequence[ServiceArgs]
    policies: Mapping[str, pulumi.Input[str]]
    """The id of each team's escalation policy."""
    webhook_url: str
    """Where the bot hears of what people do in PagerDuty."""


class PagerDutyServices(Component):
    """Services, dependencies, integrations, their keys in a Secret, and the webhook."""

    def __init__(
        self,
        name: str,
        args: PagerDutyServicesArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of them; only the Secrets are in the cluster, and wait for `after`."""
        super().__init__("PagerDutyServices", name, opts, after)
        services = {one.name: self._service(one, args.policies[one.owner]) for one in args.services}
        for one in args.services:
            for need in one.needs:
                self._dependency(services, one.name, need)
        keys = {one.key: self._integration(one.name, services[one.name]) for one in args.services}
        self.keys = self._secret(INTEGRATIONS, args.namespace, keys)
        """The Secret that Alertmanager reads."""
        self.webhook = self._secret(WEBHOOK, args.namespace, {"secret": self._webhook(args.webhook_url)})
        """The Secret that the bot reads."""
        self.finish(services={service: made.id for service, made in services.items()})

    def _service(self, one: ServiceArgs, policy: pulumi.Input[str]) -> pagerduty.Service:
        hours = one.support_hours
        return pagerduty.Service(
            f"service-{one.name}",
            name=one.name,
            description=one.description,
            escalation_policy=policy,
            # Alertmanager says when it is over; PagerDuty must neither close what goes on nor ring again meanwhile.
            auto_resolve_timeout=NEVER,
            acknowledgement_timeout=NEVER,
            incident_urgency_rule=_urgency(one),
            support_hours=None if hours is None else _support_hours(hours),
            scheduled_actions=None if hours is None else [_raised_in_the_morning()],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _dependency(self, services: Mapping[str, pagerduty.Service], service: str, need: str) -> None:
        pagerduty.ServiceDependency(
            f"dependency-{service}-{need}",
            dependency=pagerduty.ServiceDependencyDependencyArgs(
                dependent_services=[
                    pagerduty.ServiceDependencyDependencyDependentServiceArgs(id=services[service].id, type="service")
                ],
                supporting_services=[
                    pagerduty.ServiceDependencyDependencySupportingServiceArgs(id=services[need].id, type="service")
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _integration(self, service: str, made: pagerduty.Service) -> pulumi.Output[str]:
        """The key; the provider does not mark it as a secret."""
        integration = pagerduty.ServiceIntegration(
            f"integration-{service}",
            name="Alertmanager",
            service=made.id,
            type="events_api_v2_inbound_integration",
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["integrationKey"]),
        )
        return pulumi.Output.secret(integration.integration_key)

    def _webhook(self, url: str) -> pulumi.Output[str]:
        """What signs its deliveries; PagerDuty tells it once, when the subscription is made."""
        made = pagerduty.WebhookSubscription(
            "webhook-bot",
            type="webhook_subscription",
            description="Tells Tocsin's bot what people do here",
            active=True,
            events=list(EVENTS),
            filters=[pagerduty.WebhookSubscriptionFilterArgs(type="account_reference")],
            delivery_methods=[pagerduty.WebhookSubscriptionDeliveryMethodArgs(type="http_delivery_method", url=url)],
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["deliveryMethods"]),
        )
        return pulumi.Output.secret(made.delivery_methods.apply(lambda ways: (ways[0].secret or "") if ways else ""))

    def _secret(self, name: str, namespace: str, values: Mapping[str, pulumi.Output[str]]) -> pulumi.CustomResource:
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata(name, namespace),
            "type": "Opaque",
            "stringData": dict(values),
        }
        return self.place(manifest)


def _urgency(one: ServiceArgs) -> pagerduty.ServiceIncidentUrgencyRuleArgs:
    if one.support_hours is None:
        return pagerduty.ServiceIncidentUrgencyRuleArgs(type="constant", urgency=one.urgency)
    return pagerduty.ServiceIncidentUrgencyRuleArgs(
        type="use_support_hours",
        during_support_hours=pagerduty.ServiceIncidentUrgencyRuleDuringSupportHoursArgs(
            type="constant", urgency="high"
        ),
        outside_support_hours=pagerduty.ServiceIncidentUrgencyRuleOutsideSupportHoursArgs(
            type="constant", urgency="low"
        ),
    )


def _support_hours(hours: SupportHours) -> pagerduty.ServiceSupportHoursArgs:
    return pagerduty.ServiceSupportHoursArgs(
        type="fixed_time_per_day",
        time_zone=hours.time_zone,
        days_of_weeks=list(hours.days),
        start_time=hours.start,
        end_time=hours.end,
    )


def _raised_in_the_morning() -> pagerduty.ServiceScheduledActionArgs:
    """What came at night becomes urgent when the working hours begin."""
    return pagerduty.ServiceScheduledActionArgs(
        type="urgency_change",
        to_urgency="high",
        ats=[pagerduty.ServiceScheduledActionAtArgs(type="named_time", name="support_hours_start")],
    )
