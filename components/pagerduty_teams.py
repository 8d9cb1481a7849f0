"""Teams in PagerDuty: their members, a schedule for each layer, and whom a page reaches one after the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_pagerduty as pagerduty

from alerting.names import pagerduty_schedule
from alerting.pagerduty.escalation import Rule
from alerting.pagerduty.rotation import Rotation
from components.component import Component


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamArgs:
    """One team, as PagerDuty is told."""

    name: str
    description: str
    members: Sequence[str]
    time_zone: str
    layers: Mapping[str, Rotation]
    """By the layer's name; each becomes a schedule, since layers of one schedule shadow each other."""
    rules: Sequence[Rule]
    """Whom a page reaches; none for a team that is paged by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyTeamsArgs:
    """All teams."""

    teams: Sequence[TeamArgs]
    users: Mapping[str, pulumi.Input[str]]
    """The id of each member's user."""
    loops: int
    """How often escalation starts anew."""


class PagerDutyTeams(Component):
    """Teams, memberships, schedules, escalation policies."""

    def __init__(
        self,
        name: str,
        args: PagerDutyTeamsArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of them."""
        super().__init__("PagerDutyTeams", name, opts, after)
        self._users = args.users
        self.policies: dict[str, pulumi.Output[str]] = {}
        """The id of each team's escalation policy."""
        for team in args.teams:
            made = self._team(team)
            schedules = {layer: self._schedule(team, layer, rota, made) for layer, rota in team.layers.items()}
            if team.rules:
                self.policies[team.name] = self._escalation(team, made, schedules, args.loops).id
        self.finish(policies=self.policies)

    def _team(self, team: TeamArgs) -> pagerduty.Team:
        made = pagerduty.Team(
            f"team-{team.name}", name=team.name, description=team.description, opts=self.child_options()
        )
        for member in team.members:
            pagerduty.TeamMembership(
                f"member-{team.name}-{member}",
                team_id=made.id,
                user_id=self._users[member],
                role="responder",
                opts=self.child_options(),
            )
        return made

    def _schedule(self, team: TeamArgs, layer: str, rota: Rotation, made: pagerduty.Team) -> pagerduty.Schedule:
        start = rota.start.isoformat()
        one = pagerduty.ScheduleLayerArgs(
            name=layer,
            start=start,
            rotation_virtual_start=start,
            rotation_turn_length_seconds=rota.turn_s,
            users=[self._users[who] for who in rota.order],
            restrictions=[
                pagerduty.ScheduleLayerRestrictionArgs(
                    type=each.type,
                    start_time_of_day=each.start_of_day,
                    start_day_of_week=each.day_of_week,
                    duration_seconds=each.duration_s,
                )
                for each in rota.restrictions
            ],
        )
        return pagerduty.Schedule(
            f"schedule-{team.name}-{layer}",
            name=pagerduty_schedule(team.name, layer),
            description=f"Layer {layer} of policies/teams/{team.name}.yaml",
            time_zone=team.time_zone,
            layers=[one],
            teams=[made.id],
            opts=self.child_options(),
        )

    def _escalation(
        self, team: TeamArgs, made: pagerduty.Team, schedules: Mapping[str, pagerduty.Schedule], loops: int
    ) -> pagerduty.EscalationPolicy:
        return pagerduty.EscalationPolicy(
            f"escalation-{team.name}",
            name=team.name,
            description=f"Escalation of policies/teams/{team.name}.yaml",
            num_loops=loops,
            teams=made.id,
            rules=[
                pagerduty.EscalationPolicyRuleArgs(
                    escalation_delay_in_minutes=rule.delay_min, targets=[self._target(rule, schedules)]
                )
                for rule in team.rules
            ],
            opts=self.child_options(),
        )

    def _target(
        self, rule: Rule, schedules: Mapping[str, pagerduty.Schedule]
    ) -> pagerduty.EscalationPolicyRuleTargetArgs:
        if rule.layer is not None:
            return pagerduty.EscalationPolicyRuleTargetArgs(type="schedule_reference", id=schedules[rule.layer].id)
        assert rule.person is not None
        return pagerduty.EscalationPolicyRuleTargetArgs(type="user_reference", id=self._users[rule.person])
