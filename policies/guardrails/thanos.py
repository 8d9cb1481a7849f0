"""The mistakes that operators of Thanos make: each loses or falsifies data, and none says so.

https://thanos.io/tip/components/compact.md/, https://thanos.io/tip/components/sidecar.md/,
https://thanos.io/tip/components/rule.md/
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.retention import least_retention
from policies.guardrails.pods import pod_of
from policies.guardrails.registered import Resource, of_kind, text
from policies.guardrails.rule import ResourceRule, StackRule

_BLOCKS: Final = ("storage.tsdb.min-block-duration", "storage.tsdb.max-block-duration")
_INSTANT: Final = "query.instant.default.max_source_resolution"
"""The resolution of instant questions that name none, such as the ruler's."""
_UPLOADS: Final = ("objectStorageConfig", "objectStorageConfigFile")
_RAW: Final = ("0", "0s", "0m", "0h", "0d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A container that runs one of Thanos's programs."""

    resource: Resource
    command: str
    """Such as `compact`."""
    flags: Mapping[str, tuple[str, ...]]
    replicas: int


def programs(resources: Sequence[Resource], *commands: str) -> Iterator[Program]:
    """The containers that run these programs of Thanos."""
    for one in resources:
        pod = pod_of(one)
        for container in pod.containers if pod is not None else ():
            words = [*(container.spec.get("command") or ()), *(container.spec.get("args") or ())]
            if "thanos" not in f"{container.spec.get('image')} {' '.join(map(str, words[:1]))}":
                continue
            found = next((str(word) for word in words if str(word) in commands), None)
            if found is not None and pod is not None:
                yield Program(resource=one, command=found, flags=_flags(words), replicas=pod.replicas)


def one_compactor(resources: Sequence[Resource], _: Policy) -> Iterator[tuple[Resource | None, str]]:
    """Two compactors of one bucket overwrite each other's blocks; without one nothing is ever deleted."""
    found = list(programs(resources, "compact"))
    if sum(one.replicas for one in found) > 1:
        names = ", ".join(f"{one.resource.title} with {one.replicas}" for one in found)
        for one in found:
            yield (
                one.resource,
                f"the stack: more than one compactor ({names}); expected exactly one per bucket; remove the others",
            )
    if _uses_bucket(resources) and not sum(one.replicas for one in found):
        yield (
            None,
            "the stack: blocks are uploaded and there is no compactor; expected exactly one; place the compactor",
        )


def external_labels(resources: Sequence[Resource], _: Policy) -> Iterator[tuple[Resource, str]]:
    """Who uploads with the labels of another is taken for it: their blocks are merged, and series are lost."""
    by_labels: dict[tuple[tuple[str, str], ...], list[Resource]] = defaultdict(list)
    for one in of_kind(resources, "Prometheus"):
        labels = one.spec.get("externalLabels") or {}
        yield from ((one, words) for words in _label_flaws(one, labels))
        if (one.spec.get("replicas") or 1) > 1 and one.spec.get("replicaExternalLabelName") == "":
            yield (
                one,
                (
                    f"{one.title}: its replicas have the same external labels; expected replicaExternalLabelName; "
                    "name the label that tells them apart"
                ),
            )
        by_labels[_key(labels)].append(one)
    for one, labels in _rulers(resources):
        yield from ((one, words) for words in _label_flaws(one, labels))
        by_labels[_key(labels)].append(one)
    for same in by_labels.values():
        for one in same[1:]:
            yield (
                one,
                (
                    f"{one.title}: has the same external labels as {same[0].title}; expected labels that no other has; "
                    "add one that tells them apart"
                ),
            )


def no_local_compaction(resource: Resource, _: Policy) -> Iterator[str]:
    """A block that Prometheus has merged holds data that was uploaded before, and the compactor halts on it."""
    if resource.kind == "Prometheus":
        yield from _operated_compaction(resource)
        return
    pod = pod_of(resource)
    if pod is None or not any(one.command == "sidecar" for one in programs([resource], "sidecar")):
        return
    for container in pod.containers:
        flags = _flags(container.spec.get("args") or ())
        if any(flag.startswith("storage.tsdb.") for flag in flags):
            least, most = (flags.get(flag, ("",))[-1] for flag in _BLOCKS)
            if not least or least != most:
                yield (
                    f"{resource.title}: container {container.name} compacts blocks that its sidecar uploads; expected "
                    f"--{_BLOCKS[0]} equal to --{_BLOCKS[1]}; set both to 2h"
                )


def _operated_compaction(resource: Resource) -> Iterator[str]:
    spec = resource.spec
    sidecar = spec.get("thanos")
    by_hand = any(True for _ in programs([resource], "sidecar"))
    if sidecar is None and not by_hand:
        return
    # The operator switches compaction off only where it knows that blocks are uploaded.
    uploads = sidecar is not None and any(sidecar.get(key) for key in _UPLOADS)
    if not uploads and by_hand and spec.get("disableCompaction") is not True:
        yield (
            f"{resource.title}: compacts blocks that its sidecar uploads; expected disableCompaction: true, as the "
            "operator does not know of the sidecar; set it, or describe the sidecar under `thanos`"
        )
    for argument in spec.get("additionalArgs") or ():
        if argument.get("name") in _BLOCKS:
            yield (
                f"{resource.title}: sets {argument['name']} by hand beside a sidecar; expected the operator's own, "
                "which switches local compaction off; remove the argument"
            )


def raw_ruler(resources: Sequence[Resource], policy: Policy) -> Iterator[tuple[Resource, str]]:
    """Downsampled blocks have a value every five minutes or hour: rules over short windows would see nothing."""
    questions = list(_ruler_questions(resources))
    if not questions:
        return
    asked = {name for one in questions for name in one}
    for one in programs(resources, "query"):
        answers = {one.resource.object_name, *_services(resources, one.resource)}
        given = one.flags.get(_INSTANT, ("0s",))[-1]
        # A ruler that names nobody here, but in a file, may ask any of them.
        if (asked & answers or set() in questions) and given not in _RAW:
            yield (
                one.resource,
                (
                    f"{one.resource.title}: answers the ruler and has --{_INSTANT}={given}; expected 0s, so that rules "
                    "read raw data only; remove the flag, or let the ruler ask a query of its own"
                ),
            )
    for one in programs(resources, "compact"):
        given = one.flags.get("retention.resolution-raw", ("0d",))[-1]
        if given not in _RAW and _ms(given) < least_retention(policy).ms:
            yield (
                one.resource,
                (
                    f"{one.resource.title}: keeps raw data for {given}, which the ruler's windows need; expected at "
                    f"least {least_retention(policy)}; raise --retention.resolution-raw"
                ),
            )


def _uses_bucket(resources: Sequence[Resource]) -> bool:
    if any(True for _ in programs(resources, "store", "sidecar")):
        return True
    servers = of_kind(resources, "Prometheus", "ThanosRuler")
    sidecars = [one.spec.get("thanos") or {} if one.kind == "Prometheus" else one.spec for one in servers]
    return any(sidecar.get(key) for sidecar in sidecars for key in _UPLOADS)


def _rulers(resources: Sequence[Resource]) -> Iterator[tuple[Resource, Mapping[str, str]]]:
    """The rulers and their external labels, but for the one that tells replicas apart."""
    for one in of_kind(resources, "ThanosRuler"):
        yield one, one.spec.get("labels") or {}
    for program in programs(resources, "rule"):
        labels = (label.partition("=") for label in program.flags.get("label", ()))
        yield program.resource, {name: value.strip('"') for name, _, value in labels}


def _ruler_questions(resources: Sequence[Resource]) -> Iterator[set[str]]:
    """For each ruler the names of the Services that it asks; empty where they cannot be found out."""
    for one in of_kind(resources, "ThanosRuler"):
        # The operator passes over the addresses if there is a file.
        given = () if one.spec.get("queryConfig") else one.spec.get("queryEndpoints") or ()
        yield {_host(address) for address in given}
    for program in programs(resources, "rule"):
        yield {_host(address) for address in program.flags.get("query", ())}


def _host(address: str) -> str:
    """`query` for `dnssrv+_http._tcp.query.monitoring.svc` and for `https://query.monitoring.svc:9090`."""
    name = address.rpartition("+")[2].rpartition("//")[2]
    return next((part for part in name.partition(":")[0].split(".") if not part.startswith("_")), "")


def _services(resources: Sequence[Resource], workload: Resource) -> Iterator[str]:
    """The Services in front of a workload's pods."""
    pod = pod_of(workload)
    labels = pod.labels if pod is not None else {}
    for one in of_kind(resources, "Service"):
        selector = one.spec.get("selector") or {}
        if selector and one.namespace == workload.namespace and selector.items() <= labels.items():
            yield one.object_name


def _label_flaws(one: Resource, labels: Mapping[str, str]) -> Iterator[str]:
    if not labels:
        yield f"{one.title}: has no external labels; expected some that no other has; name its cluster at least"
    for name, value in labels.items():
        if not value:
            yield f"{one.title}: external label {name} is {text(value)}; expected a value; set it or remove the label"


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in labels.items()))


def _flags(words: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """`--name=value` and `--name value` as name → values."""
    found: dict[str, tuple[str, ...]] = {}
    for at, word in enumerate(map(str, words)):
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            after = str(words[at + 1]) if at + 1 < len(words) else ""
            own = value if equals else ("" if after.startswith("--") else after)
            found[name] = (*found.get(name, ()), own)
    return found


def _ms(duration: str) -> int:
    try:
        return Duration.parse(duration).ms
    except ValueError:
        return 0


RULES: Final = (
    StackRule(name="one-compactor", means="A bucket has exactly one compactor.", check=one_compactor),
    StackRule(
        name="external-labels",
        means="Whatever uploads blocks has external labels that no other has.",
        check=external_labels,
    ),
    ResourceRule(
        name="no-local-compaction",
        means="A Prometheus whose blocks are uploaded compacts none itself.",
        check=no_local_compaction,
    ),
    StackRule(name="raw-ruler", means="The ruler reads raw data only, for as long as its windows.", check=raw_ruler),
)
