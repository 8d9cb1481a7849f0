"""Grafana's dashboards, made from the policy: `dashboards.all(policy)` gives each by its UID."""

from dashboards.collection import all_dashboards as all
from dashboards.collection import rendered

__all__ = ["all", "rendered"]
