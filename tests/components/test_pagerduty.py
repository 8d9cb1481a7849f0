"""PagerDuty as the program registers it: people, rotations, escalation, services, keys."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerting.oncall import on_call
from alerting.policy import load
from stacks.sections.pagerduty_checks import UNREADABLE
from stacks.settings import SettingsError
from tests.conftest import DATA
from tests.pagerduty_reading import on_duty
from tools.program import Recording, record_stack
from tools.program.checking import mistakes
from tools.program.running import PLACEHOLDER, run_main, stack_recorder

EXAMPLE = Path(__file__).parents[2]
NUMBERS = {"ana-phone": "+351 912 345 678", "eli-phone": "+49 170 1234567"}
SECTION: Mapping[str, Any] = {
    "token": "a-token",
    "phones": NUMBERS,
    "users": {"fay": "PFAY"},
    "devices": {"ana": "PDEV"},
    "urgency": {"P1": "working-hours"},
}


@pytest.fixture(scope="module")
def found() -> Recording:
    """The miniature company in production."""
    return record_stack(DATA / "mini", "production", changes={"tocsin:pagerduty": SECTION})


@pytest.fixture(scope="module")
def example() -> Recording:
    """The example company in production."""
    names = {member.phone_secret for team in load(EXAMPLE).teams.values() for member in team.members}
    phones = {name: "+1 555 012 3456" for name in names if name}
    return record_stack(EXAMPLE, "production", changes={"tocsin:pagerduty": {"token": "a-token", "phones": phones}})


@pytest.mark.parametrize("stack", ["dev", "staging", "production"])
def test_each_stack_is_one_that_a_provider_would_take(mini: Path, stack: str) -> None:
    """No unknown property, wrong type or Output in a text."""
    assert mistakes(record_stack(mini, stack, changes={"tocsin:pagerduty": SECTION})) == []


def test_the_same_people_at_a_thousand_instants(example: Recording) -> None:
    """The registered schedules, read by PagerDuty's rules, name whom `tocsin oncall` names, overrides apart."""
    schedules = {one.name: one.inputs for one in example.of_type("pagerduty:index/schedule:Schedule")}
    teams = []
    for team in load(EXAMPLE).teams.values():
        assert team.on_call is not None
        teams.append(team.model_copy(update={"on_call": team.on_call.model_copy(update={"overrides": ()})}))
    assert len(schedules) == sum(len(team.on_call.layers) for team in teams if team.on_call)
    chance = random.Random(2)
    for _ in range(1000):
        at = datetime(2025, 12, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(5 * 365 * 86_400))
        for team in teams:
            for layer, who in on_call(team, at).items():
                told = schedules[f"schedule-{team.team}-{layer}"]
                [only] = told["layers"]
                said = on_duty(only, told["timeZone"], at)
                assert said == (None if who is None else f"user-{who}-id"), (team.team, layer, at)


def test_numbers_are_secret_and_in_two_parts(found: Recording) -> None:
    """PagerDuty wants country and digits apart; neither stands in the state in clear."""
    phone = found.named("contact-eli-phone")
    assert (phone.inputs["countryCode"], phone.inputs["address"]) == (49, "1701234567")
    assert {("countryCode",), ("address",)} <= phone.secrets
    assert phone.options["additional_secret_outputs"] == ["address", "countryCode"]


def test_people_are_notified_by_what_they_have(found: Recording) -> None:
    """Ana by her phone's app too, ben by e-mail only; fay, who is there already, is not made."""
    rules = [one.name for one in found.of_type("pagerduty:index/userNotificationRule:UserNotificationRule")]
    assert [name for name in rules if name.startswith("notify-ana-high")] == [
        "notify-ana-high-0m-email",
        "notify-ana-high-0m-push",
        "notify-ana-high-0m-sms",
        "notify-ana-high-1m-phone",
        "notify-ana-high-3m-phone",
        "notify-ana-high-3m-push",
    ]
    assert found.named("notify-ana-high-0m-push").inputs["contactMethod"] == {
        "id": "PDEV",
        "type": "push_notification_contact_method",
    }
    assert [name for name in rules if name.startswith("notify-ben-")] == [
        "notify-ben-high-0m-email",
        "notify-ben-low-0m-email",
    ]
    assert "user-fay" not in found.names
    assert found.named("contact-fay-email").inputs["userId"] == "PFAY"


def test_escalation_is_as_the_file_says(found: Recording) -> None:
    """Layers are schedules, people are users, and waits are minutes; a last step without one has five."""
    policy = found.named("escalation-payments").inputs
    assert [
        (rule["escalationDelayInMinutes"], [(target["type"], target["id"]) for target in rule["targets"]])
        for rule in policy["rules"]
    ] == [
        (3, [("schedule_reference", "schedule-payments-primary-id")]),
        (5, [("user_reference", "user-ana-id")]),
    ]
    assert policy["numLoops"] == 2


def test_urgency_follows_the_priority_of_pages(found: Recording) -> None:
    """A service whose pages are P0 always rings; one of P1 rings in working hours of its owner, where so configured."""
    assert found.named("service-checkout").inputs["incidentUrgencyRule"] == {"type": "constant", "urgency": "high"}
    database = found.named("service-payments-db").inputs
    assert database["incidentUrgencyRule"]["type"] == "use_support_hours"
    assert database["supportHours"] == {
        "type": "fixed_time_per_day",
        "timeZone": "Europe/Berlin",
        "daysOfWeeks": [1, 2, 3, 4, 5],
        "startTime": "09:00:00",
        "endTime": "17:00:00",
    }
    assert database["autoResolveTimeout"] == "null"


def test_keys_reach_alertmanager_as_a_secret(found: Recording) -> None:
    """Under the file names that the routes read; secret in the plan and in the state."""
    keys = found.named("secret-monitoring-pagerduty-integrations")
    assert keys.inputs["stringData"] == {
        f"pagerduty-{service}": f"key-of-integration-{service}" for service in ("checkout", "payments-db", "platform")
    }
    assert all(
        any(path[: len(secret)] == secret for secret in keys.secrets) for path in [("stringData", "pagerduty-checkout")]
    )
    assert found.named("integration-checkout").options["additional_secret_outputs"] == ["integrationKey"]
    sources = found.manifest("Alertmanager", "alertmanager")["spec"]["volumes"][0]["projected"]["sources"]
    assert {"secret": {"name": "pagerduty-integrations"}} in sources


def test_dependencies_and_the_webhook(found: Recording) -> None:
    """Services know what they need; the bot hears of what people do, and the cluster keeps what signs it."""
    [one] = found.of_type("pagerduty:index/serviceDependency:ServiceDependency")
    assert one.name == "dependency-checkout-payments-db"
    webhook = found.named("webhook-bot").inputs
    assert webhook["deliveryMethods"] == [
        {"type": "http_delivery_method", "url": "https://incidents.example.com/pagerduty"}
    ]
    assert found.named("secret-monitoring-pagerduty-webhook").inputs["stringData"] == {
        "secret": "secret-of-webhook-bot"
    }


def test_every_mistake_comes_before_anything_is_registered(mini: Path) -> None:
    """Numbers that are missing, wrong or nobody's, strangers, and times that PagerDuty cannot have, all at once."""
    file = mini / "policies" / "teams" / "platform.yaml"
    file.write_text(
        file.read_text()
        .replace("wait: 5m", "wait: 90s")
        .replace("every: 1w", "every: 371d")
        .replace('"wednesday 10:00"', '"10:00"')
    )
    section = {
        "token": {"secure": "…"},
        "phones": {"eli-phone": "12", "old-phone": "+49 170 1234567"},
        "devices": {"anna": "PDEV"},
        "high_urgency": [{"after": "90s", "by": ["sms"]}],
    }
    recorder = stack_recorder(mini, "production", changes={"tocsin:pagerduty": section})
    with pytest.raises(SettingsError) as caught:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    lines = [str(problem).partition(": stack production: ")[2] for problem in caught.value.problems]
    assert [line.partition(": ")[0] for line in lines] == sorted(
        [
            "tocsin:pagerduty",
            "tocsin:pagerduty",
            "tocsin:pagerduty.devices.anna",
            "tocsin:pagerduty.high_urgency.#1.after",
            "tocsin:pagerduty.phones",
            "tocsin:pagerduty.phones.eli-phone",
            "tocsin:pagerduty.phones.old-phone",
        ]
    )
    assert any("'tocsin:pagerduty.phones[\"ana-phone\"]'" in line for line in lines)
    assert not any("+49" in line for line in lines)


def test_a_secret_that_cannot_be_read_stands_for_a_number() -> None:
    """The recorder's word for it is the one that the checks let pass."""
    assert UNREADABLE == PLACEHOLDER
