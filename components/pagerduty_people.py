"""People in PagerDuty: users, what reaches them, and in which order they are notified."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_pagerduty as pagerduty

from components.component import Component

_TYPES: Final[Mapping[str, str]] = {
    "push": "push_notification_contact_method",
    "sms": "sms_contact_method",
    "phone": "phone_contact_method",
    "email": "email_contact_method",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A phone number in PagerDuty's two parts, both secret."""

    country: pulumi.Input[int]
    digits: pulumi.Input[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One member of a team."""

    name: str
    email: str
    time_zone: str
    existing: str | None = None
    """The id of a user who is there already and is not touched."""
    phone: Number | None = None
    device: str | None = None
    """The id of the contact method that the phone's app made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """One moment of a notification rule."""

    urgency: str
    """`high` or `low`."""
    after_min: int
    ways: Sequence[str]
    """push, sms, phone, email."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyPeopleArgs:
    """Everybody, and how they are notified."""

    people: Sequence[Person]
    rules: Sequence[Notify]
    role: str
    """Of users that are made."""


class PagerDutyPeople(Component):
    """Users with their contact methods and notification rules."""

    def __init__(
        self,
        name: str,
        args: PagerDutyPeopleArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of them."""
        super().__init__("PagerDutyPeople", name, opts, after)
        self.users: dict[str, pulumi.Input[str]] = {}
        """The id of each member's user."""
        for person in args.people:
            user = self._user(person, args.role)
            self.users[person.name] = user
            self._rules(person, user, self._contacts(person, user), args.rules)
        self.finish(users=self.users)

    def _user(self, person: Person, role: str) -> pulumi.Input[str]:
        if person.existing is not None:
            return person.existing
        made = pagerduty.User(
            f"user-{person.name}",
            name=person.name,
            email=person.email,
            time_zone=person.time_zone,
            role=role,
            description="From policies/teams/",
            opts=self._options(),
        )
        return made.id

    def _contacts(self, person: Person, user: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
        """The id of each way to reach somebody, by way; PagerDuty itself makes none but e-mail, which is adopted."""
        found: dict[str, pulumi.Input[str]] = {}
        if person.device is not None:
            found["push"] = person.device
        if person.phone is not None:
            found["sms"] = self._contact(person, user, "sms", person.phone.digits, person.phone.country)
            found["phone"] = self._contact(person, user, "phone", person.phone.digits, person.phone.country)
        found["email"] = self._contact(person, user, "email", person.email)
        return found

    def _contact(
        self,
        person: Person,
        user: pulumi.Input[str],
        way: str,
        address: pulumi.Input[str],
        country: pulumi.Input[int] | None = None,
    ) -> pulumi.Input[str]:
        # The provider marks no address as secret, and a phone number must not stand in the state in clear.
        secret = ["address", "countryCode"] if country is not None else []
        made = pagerduty.UserContactMethod(
            f"contact-{person.name}-{way}",
            user_id=user,
            type=_TYPES[way],
            address=address,
            country_code=country,
            label="Default" if way == "email" else "Tocsin",
            opts=self._options(additional_secret_outputs=secret),
        )
        return made.id

    def _rules(
        self,
        person: Person,
        user: pulumi.Input[str],
        contacts: Mapping[str, pulumi.Input[str]],
        rules: Sequence[Notify],
    ) -> None:
        for rule in rules:
            for way in rule.ways:
                if way in contacts:
                    pagerduty.UserNotificationRule(
                        f"notify-{person.name}-{rule.urgency}-{rule.after_min}m-{way}",
                        user_id=user,
                        urgency=rule.urgency,
                        start_delay_in_minutes=rule.after_min,
                        contact_method=pagerduty.UserNotificationRuleContactMethodArgs(
                            id=contacts[way], type=_TYPES[way]
                        ),
                        opts=self._options(),
                    )

    def _options(self, additional_secret_outputs: list[str] | None = None) -> pulumi.ResourceOptions:
        return self.child_options(pulumi.ResourceOptions(additional_secret_outputs=additional_secret_outputs))
