"""What is in a Grafana: data sources, a folder for everybody and one for each team, and our dashboards."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumiverse_grafana as grafana

from components.component import Component
from components.grafana_sources import Source

FOLDER: Final = "tocsin"
"""The folder of our dashboards, which nobody edits by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A team of Grafana."""

    name: str
    members: Sequence[str]
    """Addresses of people who have logged in; empty leaves the members to whoever keeps them in Grafana."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrafanaContentArgs:
    """All of it."""

    sources: Sequence[Source]
    """Data sources that are made through the API; none where a server of ours reads them from a file."""
    teams: Sequence[Group]
    dashboards: Mapping[str, Mapping[str, Any]]
    """Each as Grafana reads it, by its UID."""


class GrafanaContent(Component):
    """Data sources, teams, folders with permissions, dashboards."""

    def __init__(
        self,
        name: str,
        args: GrafanaContentArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("GrafanaContent", name, opts, after)
        for source in args.sources:
            self._source(source)
        shared = self._folder(FOLDER, "Tocsin", [_role("Viewer", "View"), _role("Editor", "View")])
        for uid, dashboard in args.dashboards.items():
            grafana.oss.Dashboard(
                f"dashboard-{uid}",
                folder=shared.uid,
                config_json=json.dumps(dashboard, sort_keys=True),
                overwrite=True,
                opts=self.child_options(),
            )
        for team in args.teams:
            self._team(team)
        self.finish(dashboards=sorted(args.dashboards))

    def _source(self, one: Source) -> None:
        grafana.oss.DataSource(
            f"source-{one.kind}",
            type=one.kind,
            uid=one.uid,
            name=one.name,
            url=one.url,
            access_mode="proxy",
            is_default=one.is_default,
            json_data_encoded=json.dumps(one.settings, sort_keys=True),
            opts=self.child_options(),
        )

    def _team(self, team: Group) -> None:
        """Its members edit its folder, everybody reads it."""
        made = grafana.oss.Team(
            f"team-{team.name}",
            name=team.name,
            members=list(team.members) or None,
            ignore_externally_synced_members=True,
            opts=self.child_options(),
        )
        own = grafana.oss.FolderPermissionPermissionArgs(team_id=made.id, permission="Edit")
        self._folder(f"team-{team.name}", f"Team {team.name}", [own, _role("Viewer", "View"), _role("Editor", "View")])

    def _folder(
        self, uid: str, title: str, permissions: list[grafana.oss.FolderPermissionPermissionArgs]
    ) -> grafana.oss.Folder:
        folder = grafana.oss.Folder(
            f"folder-{uid}",
            uid=uid,
            title=title,
            prevent_destroy_if_not_empty=uid != FOLDER,
            opts=self.child_options(),
        )
        grafana.oss.FolderPermission(
            f"permission-{uid}", folder_uid=folder.uid, permissions=permissions, opts=self.child_options()
        )
        return folder


def _role(role: str, permission: str) -> grafana.oss.FolderPermissionPermissionArgs:
    return grafana.oss.FolderPermissionPermissionArgs(role=role, permission=permission)
