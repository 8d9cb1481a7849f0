"""PromQL about error budgets, the same for dashboards and reports: what is left, and how long it was not spent."""

from alerting import names

_EACH = "by (service, slo)"


def left(matchers: str = "") -> str:
    """What is left of each objective's budget, 1 for all of it; of a pair of servers the worse one."""
    return f"min {_EACH} ({names.BUDGET_REMAINING}{{{matchers}}})"


def within(of: str, span: str, step: str) -> str:
    """The share of a span in which each objective was met, looked at every step."""
    return f"avg_over_time(({of} >= bool 0)[{span}:{step}])"


def known(of: str, span: str, step: str) -> str:
    """In how many of the looks of that span anything was known."""
    return f"count_over_time(({of})[{span}:{step}])"


def promised(matchers: str = "") -> str:
    """Each objective itself, 0..1."""
    return f"max {_EACH} ({names.OBJECTIVE}{{{matchers}}})"
