"""Settings → the finished values that the components of PagerDuty take."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import pulumi
import pulumi_pagerduty as pagerduty

from alerting.model.policy import Policy
from alerting.model.service import Service
from alerting.model.team import OnCall
from alerting.pagerduty.escalation import MINUTE, rules
from alerting.pagerduty.phone import Phone, parse_phone
from alerting.pagerduty.rotation import Rotation, rotation
from alerting.routes.receivers import pagerduty_key_file
from components.pagerduty_people import Notify, Number, PagerDutyPeople, PagerDutyPeopleArgs, Person
from components.pagerduty_services import PagerDutyServices, PagerDutyServicesArgs, ServiceArgs, SupportHours
from components.pagerduty_teams import PagerDutyTeams, PagerDutyTeamsArgs, TeamArgs
from stacks.sections.pagerduty import PagerDuty, Weekday
from stacks.sections.pagerduty_checks import UNREADABLE, members
from stacks.settings import Settings

_DAYS: Mapping[Weekday, int] = {
    "monday": 1,
    "tuesday": 2,
    "wednesday": 3,
    "thursday": 4,
    "friday": 5,
    "saturday": 6,
    "sunday": 7,
}


def paging(
    settings: Settings, inside: pulumi.ResourceOptions, after: Iterable[pulumi.Resource]
) -> list[pulumi.Resource]:
    """Registers the stack's account, if it has one; gives the Secrets that others wait for."""
    section = settings.stack.pagerduty
    if section is None:
        return []
    told = Paging(section, settings.policy, settings.stack.cluster.namespace)
    account = pagerduty.Provider("pagerduty", token=told.token, service_region=section.region)
    opts = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(providers=[account]))
    people = PagerDutyPeople("pagerduty-people", told.people(), opts)
    teams = PagerDutyTeams("pagerduty-teams", told.teams(people.users), opts)
    services = PagerDutyServices("pagerduty-services", told.services(teams.policies), opts, after)
    return [services.keys, services.webhook]


class Paging:
    """The values of one account."""

    def __init__(self, section: PagerDuty, policy: Policy, namespace: str) -> None:
        """Computes nothing yet."""
        self.section, self.policy, self.namespace = section, policy, namespace

    @property
    def token(self) -> pulumi.Output[str]:
        """For the provider."""
        return pulumi.Output.secret(self.section.token.get_secret_value())

    def people(self) -> PagerDutyPeopleArgs:
        """Everybody of every team."""
        section = self.section
        notify = [
            Notify(urgency=urgency, after_min=rule.after.ms // MINUTE.ms, ways=rule.by)
            for urgency, listed in (("high", section.high_urgency), ("low", section.low_urgency))
            for rule in listed
        ]
        found = [
            Person(
                name=name,
                email=member.email,
                time_zone=member.timezone,
                existing=section.users.get(name),
                phone=None if member.phone_secret is None else self._number(member.phone_secret),
                device=section.devices.get(name),
            )
            for name, member in sorted(members(self.policy).items())
        ]
        return PagerDutyPeopleArgs(people=found, rules=notify, role=section.role)

    def _number(self, name: str) -> Number:
        text = self.section.phones[name].get_secret_value()
        phone = Phone(country=1, number=text) if text == UNREADABLE else parse_phone(text)
        return Number(country=pulumi.Output.secret(phone.country), digits=pulumi.Output.secret(phone.number))

    def teams(self, users: Mapping[str, pulumi.Input[str]]) -> PagerDutyTeamsArgs:
        """Every team."""
        found = [
            TeamArgs(
                name=name,
                description=team.description or f"From policies/teams/{name}.yaml",
                members=[member.name for member in team.members],
                time_zone=team.on_call.timezone if team.on_call else "UTC",
                layers=_layers(team.on_call),
                rules=rules(team),
            )
            for name, team in sorted(self.policy.teams.items())
        ]
        return PagerDutyTeamsArgs(teams=found, users=users, loops=self.section.escalation_loops)

    def services(self, policies: Mapping[str, pulumi.Input[str]]) -> PagerDutyServicesArgs:
        """Every service of the catalogue."""
        return PagerDutyServicesArgs(
            namespace=self.namespace,
            services=[self._service(service) for _, service in sorted(self.policy.services.items())],
            policies=policies,
            webhook_url=f"{self.policy.routing.public_bot_url.rstrip('/')}/pagerduty",
        )

    def _service(self, service: Service) -> ServiceArgs:
        urgency = self.section.urgency_of(self.policy.severity.priority("page", service.tier))
        return ServiceArgs(
            name=service.service,
            description=service.description or f"From policies/services/{service.service}.yaml",
            owner=service.owner,
            needs=service.dependencies,
            urgency=urgency,
            support_hours=self._hours(service.owner) if urgency == "working-hours" else None,
            key=PurePosixPath(pagerduty_key_file(self.policy.routing, service.service)).name,
        )

    def _hours(self, owner: str) -> SupportHours:
        hours, on_call = self.section.working_hours, self.policy.teams[owner].on_call
        return SupportHours(
            time_zone=on_call.timezone if on_call else "UTC",
            days=sorted(_DAYS[day] for day in hours.days),
            start=f"{hours.from_}:00",
            end=f"{hours.to}:00",
        )


def _layers(on_call: OnCall | None) -> dict[str, Rotation]:
    return {} if on_call is None else {layer.name: rotation(on_call, layer) for layer in on_call.layers}
