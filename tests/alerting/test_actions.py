"""The table of remediation actions, and what is wrong with a binding."""

import re

import pytest

from alerting.actions import ACTIONS, check_binding
from alerting.model.action import RemediationBinding

RESTART = {"namespace": "shop", "deployment": "checkout"}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.name)
def test_every_action_says_what_it_does_and_asks_for_no_more(action: object) -> None:
    """A sentence for people, a target, defaults within bounds, and no verb that could do everything."""
    found = ACTIONS[getattr(action, "name", "")]
    assert re.fullmatch(r"[A-Z].*\.", found.means)
    assert found.target[0] == "namespace"
    assert all(parameter.accepts(parameter.default) for parameter in found.parameters)
    verbs = {verb for permission in found.permissions for verb in permission.verbs}
    assert not verbs & {"*", "create", "update", "deletecollection"}
    assert found.changes or verbs <= {"get", "list"}


def test_a_whole_binding_has_nothing_wrong() -> None:
    """As in a service's file."""
    assert check_binding(RemediationBinding(action="restart_deployment", target=RESTART), whole=True) == ()


def test_a_runbook_may_leave_the_target_to_the_service() -> None:
    """One runbook serves many services; a service must say which deployment."""
    binding = RemediationBinding(action="restart_deployment")
    assert check_binding(binding, whole=False) == ()
    assert check_binding(binding, whole=True) == (
        "target: namespace is missing; expected namespace, deployment for restart_deployment; add `namespace`",
        "target: deployment is missing; expected namespace, deployment for restart_deployment; add `deployment`",
    )


def test_an_unknown_action_is_reported_with_the_near_one() -> None:
    """The known ones are listed."""
    (complaint,) = check_binding(RemediationBinding(action="restart_deploiment"), whole=False)
    assert complaint == (
        "action: there is no action restart_deploiment; expected one of restart_deployment, restart_pod, "
        "scale_deployment, clear_cache, run_diagnostics; did you mean restart_deployment?"
    )


def test_targets_and_parameters_are_checked_all_at_once() -> None:
    """Unknown keys, missing keys, values out of bounds, wrong types."""
    binding = RemediationBinding(
        action="scale_deployment",
        target={"namespace": "shop", "pod": "x"},
        parameters={"add": 21, "most": True, "fast": 1},
    )
    assert check_binding(binding, whole=False) == (
        "target.pod: scale_deployment has no such target; expected namespace, deployment; remove it",
        "target: deployment is missing; expected namespace, deployment for scale_deployment; add `deployment`",
        "parameters.add: 21 cannot be how many pods to add; expected a whole number from 1 to 20; correct the value",
        "parameters.most: True cannot be the limit of pods; expected a whole number from 1 to 200; correct the value",
        "parameters.fast: scale_deployment has no such parameter; expected add, most; remove it",
    )


def test_a_text_parameter_has_a_length() -> None:
    """An empty path asks for nothing."""
    binding = RemediationBinding(
        action="clear_cache", target={"namespace": "shop", "service": "cart"}, parameters={"path": ""}
    )
    assert check_binding(binding, whole=True) == (
        "parameters.path: '' cannot be path of the request; expected a text of 1 to 200 characters; correct the value",
    )


def test_a_cache_is_reached_by_http_or_by_redis() -> None:
    """Each way has parameters of its own, and a Redis is never emptied as a whole."""
    target = {"namespace": "shop", "service": "cart"}

    def wrong(**parameters: str | int) -> tuple[str, ...]:
        binding = RemediationBinding(action="clear_cache", target=target, parameters=parameters)
        return check_binding(binding, whole=True)

    assert wrong(via="rediss", prefix="cart:", port=6380, database=3) == ()
    assert wrong(method="PURGE", path="/") == ()
    assert wrong(via="redis") == (
        "parameters: prefix is missing; expected what the Redis keys to delete begin with; add `prefix`",
    )
    assert wrong(via="redis", prefix="x", path="/y", method="POST") == (
        "parameters.path: has no meaning for a cache that is reached by Redis; expected none; remove it",
        "parameters.method: has no meaning for a cache that is reached by Redis; expected none; remove it",
    )
    assert wrong(via="https", prefix="x") == (
        "parameters.prefix: has no meaning for a cache that is reached by HTTP; expected none; remove it",
    )
    assert wrong(via="memcached") == (
        (
            "parameters.via: 'memcached' cannot be how the cache is reached; expected one of http, https, redis, "
            "rediss; correct the value"
        ),
    )
