"""What must fit together in a stack's configuration, and between it and the policy: a flat table of pure checks."""

from collections.abc import Callable, Iterator
from typing import Final

from alerting.model.policy import Policy
from alerting.syntax import Flaw
from stacks.sections import (
    bot_checks,
    cluster_checks,
    encryption_checks,
    grafana_checks,
    monitoring_checks,
    pagerduty_checks,
    secrets_checks,
    thanos_checks,
)
from stacks.sections.stack import Stack

Check = Callable[[Stack, Policy], Iterator[Flaw]]

CHECKS: Final[tuple[Check, ...]] = (
    cluster_checks.identity_fits_the_cloud,
    cluster_checks.registries_are_known,
    monitoring_checks.retention_covers_windows,
    monitoring_checks.external_labels_are_free,
    monitoring_checks.databases_exist,
    monitoring_checks.receivers_find_their_secrets,
    secrets_checks.secrets_are_complete,
    secrets_checks.identity_of_aws,
    thanos_checks.thanos_has_a_bucket,
    thanos_checks.bucket_can_be_reached,
    thanos_checks.retention_fits_rules,
    thanos_checks.store_is_divided_once,
    bot_checks.remediation_needs_the_bot,
    bot_checks.alertmanager_finds_the_bot,
    bot_checks.networks_are_kept,
    bot_checks.everybody_logs_in,
    bot_checks.bot_has_its_secrets,
    bot_checks.git_is_let_in,
    bot_checks.places_have_their_secrets,
    pagerduty_checks.phones_are_complete,
    pagerduty_checks.members_are_known,
    pagerduty_checks.notifications_are_in_minutes,
    pagerduty_checks.rotations_are_taken,
    grafana_checks.secrets_are_our_own,
    encryption_checks.outside_is_encrypted,
)
