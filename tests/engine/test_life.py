"""A stack from nothing to nothing, by Pulumi's own engine, on a real API server."""

import re
from collections import Counter
from collections.abc import Iterable

from tests.engine.company import leaks, speaking_of
from tests.engine.provider import Call
from tests.engine.story import BROKEN, OLD_IMAGE, REFUSAL, REMOVED, SCALED, Story

RULES = "prometheusrule-monitoring-service-checkout"
OF_THE_BOT = ("tocsin:components:Bot$", "tocsin:components:Remediation$")
GUARD = "tocsin@v1.0.0 (local: policies/guardrails)"
"""How a preview and an update say that the pack ran."""


def created(*calls: Call) -> list[str]:
    """The URNs of what was created."""
    return [call.urn for call in calls if call.verb == "create"]


def names(urns: Iterable[str]) -> set[str]:
    """Pulumi's names of resources."""
    return {urn.rpartition("::")[2] for urn in urns}


def test_a_preview_shows_every_creation_and_makes_nothing(story: Story) -> None:
    """Of a new stack; the cluster is as before."""
    assert story.previewed.code == 0, story.previewed.text[-3000:]
    assert story.previewed.calls == ()
    assert story.after_preview == story.before
    shown = {line.strip() for line in story.previewed.text.splitlines()}
    urns = created(*story.failed.calls, *story.completed.calls)
    assert len(urns) > 200
    assert {urn for urn in urns if f"[urn={urn}]" not in shown} == set()


def test_up_fails_where_a_provider_does_and_says_so(story: Story) -> None:
    """`make up` ends with an error and the provider's words; what waits for the broken thing is not made."""
    assert story.failed.code != 0
    assert REFUSAL in story.failed.text
    done = names(created(*story.failed.calls))
    assert "namespace-monitoring" in done
    assert BROKEN not in done
    assert "alertmanager-monitoring-alertmanager" not in done


def test_a_retry_completes_with_nothing_twice(story: Story) -> None:
    """The second run makes what the first did not, and nobody is asked for the same thing twice."""
    assert story.completed.code == 0, story.completed.text[-3000:]
    before, after = created(*story.failed.calls), created(*story.completed.calls)
    assert {BROKEN, "alertmanager-monitoring-alertmanager"} <= names(after)
    assert len({*before, *after}) == len(before) + len(after)
    assert {call.verb for call in story.completed.calls} == {"create"}
    kept = Counter(urn.rpartition("::")[2] for urn in [*before, *after] if "kubernetes:" not in urn)
    assert Counter(story.things) == kept


def test_a_second_up_changes_nothing(story: Story) -> None:
    """Nor does the API server, which is asked what it would make of every object, see a difference."""
    assert story.repeated.calls == ()
    assert re.search(r"Resources:\n +\d+ unchanged\n", story.repeated.text)


def test_an_edit_of_an_slo_changes_its_rules_alone(story: Story) -> None:
    """Dashboards read the objective from the metrics, routes do not depend on it; the release of the bot left it."""
    assert [(call.verb, call.name) for call in story.edited.calls] == [("update", RULES)]


def test_no_secret_stands_in_the_state(story: Story) -> None:
    """Not in what is exported, nor in any file on the disk, whether it was given or made up by a provider."""
    assert leaks(story.state) == []
    assert any(name.endswith("dev.json") for name in story.files)
    assert {name: found for name, text in story.files.items() if (found := leaks(text))} == {}
    assert '"ciphertext"' in story.state


def test_no_secret_is_shown(story: Story) -> None:
    """Neither with `--diff` nor in an error."""
    for said in (story.previewed, story.failed, story.released, story.drifted):
        assert leaks(said.text) == [], said.text[:200]


def test_the_bot_is_released_alone(story: Story) -> None:
    """`make bot` changes what holds the image, all of it of the bot, and leaves a change of the rules for `make up`."""
    assert story.released.code == 0, story.released.text[-3000:]
    urns = {call.urn for call in story.released.calls}
    assert urns == speaking_of(story.state, OLD_IMAGE)
    assert {urn for urn in urns if not any(one in urn for one in OF_THE_BOT)} == set()
    assert "statefulset-monitoring-tocsin" in names(urns)
    assert {call.verb for call in story.released.calls} == {"update"}
    assert GUARD in story.released.text


def test_what_somebody_changed_by_hand_is_found(story: Story) -> None:
    """`make drift` fails, names the object that was scaled and the one that was deleted, and changes neither."""
    assert story.drifted.code != 0
    assert story.drifted.calls == ()
    said = story.drifted.text
    for name in (SCALED, REMOVED):
        assert f"::{name}]" in said
    assert "~ 1 to update" in said
    assert "+ 1 to create" in said


def test_destroy_leaves_nothing(story: Story) -> None:
    """Neither in the cluster nor with anybody else."""
    assert story.destroyed.code == 0, story.destroyed.text[-3000:]
    assert story.after == frozenset()
    assert story.remaining == ()
    made = created(*story.failed.calls, *story.completed.calls)
    assert {(call.verb, call.urn) for call in story.destroyed.calls} == {("delete", urn) for urn in made}
