"""The program without an engine: what the recorder notes, and what the checks hold against it."""

import warnings
from collections.abc import Callable

import pulumi
import pulumi_github
import pulumi_kubernetes
import pulumi_pagerduty
import pulumiverse_grafana
import pytest

from components.objects import place
from tools.program import record
from tools.program.checking import mistakes


def config_map(name: str = "a", **data: pulumi.Input[str]) -> pulumi.CustomResource:
    """A small object."""
    return place({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


def test_a_resource_is_recorded_as_an_engine_would_get_it() -> None:
    """Type, name, inputs, parent, dependencies and options, and what a component gives out."""

    class Parent(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("tocsin:components:Parent", "parent")
            manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "v"}}
            first = place(manifest, pulumi.ResourceOptions(parent=self))
            options = pulumi.ResourceOptions(parent=self, depends_on=[first], protect=True, retain_on_delete=True)
            place({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}, options)
            self.register_outputs({"secret": first.urn})

    def program() -> None:
        Parent()
        pulumi.export("answer", 42)

    recording = record(program)
    assert recording.names == ["namespace-n", "secret-s", "parent"]
    namespace, secret, parent = recording.resources
    assert namespace.type == "kubernetes:core/v1:Namespace"
    assert namespace.urn == (
        "urn:pulumi:dev::tocsin::tocsin:components:Parent$kubernetes:core/v1:Namespace::namespace-n"
    )
    assert namespace.inputs == {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    assert namespace.parent == parent.urn
    assert namespace.depends_on == {secret.urn}
    assert namespace.options == {"protect": True, "retain_on_delete": True}
    assert secret.options["additional_secret_outputs"] == ["data", "stringData"]
    assert parent.custom is False
    assert parent.outputs == {"secret": secret.urn}
    assert recording.exports == {"answer": 42}


def test_a_secret_is_known_as_one_wherever_it_goes() -> None:
    """Through `apply`, and from one resource's output into another's input."""

    def program() -> None:
        first = config_map("first", key=pulumi.Output.secret("hidden").apply(lambda text: f"{text}!"))
        config_map("second", key=first.data["key"], plain="seen")  # type: ignore[attr-defined]  # of the class

    recording = record(program)
    for name in ("configmap-first", "configmap-second"):
        found = recording.named(name)
        assert found.inputs["data"]["key"] == "hidden!"
        assert [path[:1] for path in found.secrets] == [("data",)]


def test_a_preview_leaves_open_what_only_an_update_knows() -> None:
    """What a provider makes up is there in an update, unknown in a preview, and None of it is a mistake."""

    def program() -> None:
        key = pulumi_pagerduty.ServiceIntegration("i", service="s", vendor="v").integration_key
        place({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": key}})

    def computed(token: str, name: str, inputs: object) -> dict[str, str]:
        return {"integrationKey": "made-up"} if token.endswith(":ServiceIntegration") else {}

    update = record(program, computed=computed).named("secret-s")
    assert update.inputs["stringData"] == {"key": "made-up"}
    preview = record(program, computed=computed, preview=True)
    assert preview.named("secret-s").unknown == {("stringData",)}
    assert mistakes(preview) == []


def test_runs_know_nothing_of_each_other() -> None:
    """Resources, configuration and failures of one run are not those of the next."""

    def failing() -> None:
        config_map("before")
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        record(failing, config={"tocsin:key": "value"})
    assert record(lambda: config_map("after") and None).names == ["configmap-after"]
    found = record(lambda: pulumi.export("key", pulumi.Config("tocsin").get("key", "absent")))
    assert found.exports == {"key": "absent"}


def test_an_output_in_a_text_stops_the_program() -> None:
    """The SDK would write a warning into the text, and the text into the cluster."""

    def program() -> None:
        config_map("a", key=f"{pulumi.Output.from_input('x')}")

    with pytest.raises(Exception, match="Calling __str__ on an Output"):
        record(program)


def bad_kubernetes() -> None:
    """Objects of which a server would refuse or drop a part."""
    place({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "nam": "b"}, "data": {"x": "y"}})
    rule = {"alert": "A", "expr": "1", "four": "1m"}
    spec = {"groups": [{"name": "g", "rules": [rule]}]}
    place({"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "b"}, "spec": spec})
    place({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "c"}, "spec": {}})


def bad_pagerduty() -> None:
    """A nested property that the provider does not know, and one that it misses."""
    layers = [{"rotation_turn_length_seconds": 1, "every": "week", "start": "x", "users": ["a"]}]
    pulumi_pagerduty.Schedule("s", time_zone="UTC", layers=layers)


def bad_github() -> None:
    """A number where text belongs, deep inside."""
    conditions = {"ref_name": {"includes": [1], "excludes": []}}
    rules = {"creation": True}
    pulumi_github.RepositoryRuleset(
        "r", target="branch", enforcement="active", repository="x", conditions=conditions, rules=rules
    )


def bad_provider() -> None:
    """A provider of Grafana with an unknown setting."""
    pulumi.ProviderResource("grafana", "g", {"url": "x", "tokn": "y"})


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (
            bad_kubernetes,
            [
                "configmap-a: metadata: Additional properties are not allowed ('nam' was unexpected)",
                "thing-c: no schema of example.com/v1 Thing; expected one of Kubernetes or of a CRD here",
                (
                    "prometheusrule-b: spec.groups.0.rules.0: "
                    "Additional properties are not allowed ('four' was unexpected)"
                ),
            ],
        ),
        (
            bad_pagerduty,
            [
                (
                    "s: layers.0.every: unknown property; expected one of end, id, name, renderedCoveragePercentage, "
                    "restrictions, rotationTurnLengthSeconds, rotationVirtualStart, start, users"
                ),
                "s: layers.0.rotationVirtualStart: missing; expected a value",
            ],
        ),
        (bad_github, ["r: conditions.refName.includes.0: got 1; expected str"]),
    ],
)
def test_what_a_provider_would_refuse_is_a_mistake(program: Callable[[], None], expected: list[str]) -> None:
    """Recursively, for Kubernetes by its schemas and for others by what their packages declare."""
    assert mistakes(record(program)) == expected


def test_an_unknown_setting_of_a_provider_is_a_mistake() -> None:
    """Providers are resources too."""
    found = mistakes(record(bad_provider))
    assert [one.split("; ")[0] for one in found] == ["g: tokn: unknown property"]


def test_a_sound_program_has_no_mistakes() -> None:
    """The checks find nothing where nothing is."""

    def program() -> None:
        config_map("a", x="y")
        pulumiverse_grafana.oss.Folder("f", title="Payments")
        pulumi_kubernetes.Provider("k", context="c", enable_server_side_apply=True)

    assert mistakes(record(program)) == []


def test_the_log_and_doubles_are_mistakes() -> None:
    """Warnings of the SDK and of Python, and two resources of one name."""

    def program() -> None:
        pulumi.log.warn("this type is deprecated")
        warnings.warn("an argument is deprecated", DeprecationWarning, stacklevel=1)
        config_map("twin")
        config_map("twin")

    twin = "urn:pulumi:dev::tocsin::kubernetes:core/v1:ConfigMap::configmap-twin"
    assert mistakes(record(program)) == [
        "the log: this type is deprecated",
        "the log: an argument is deprecated",
        f"the log: {twin} is registered twice",
    ]
