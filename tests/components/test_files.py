"""Every file that a program is told of lies where it is told: in a Secret or ConfigMap with that key, or its image."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final

import pytest
import yaml

from tests.stacks.companies import ROOT, STACKS
from tools.program import Recording, record_stack

_PATH: Final = re.compile(r"(?<![\w./:])/(?:etc|var|srv|tmp)/[\w./-]+")
IN_THE_IMAGE: Final = ("/srv/tocsin", "/srv/store")
"""The repository in the bot's, and the folder above the bucket of the in-cluster store."""
BY_HAND: Final = frozenset({"tocsin-bot", "cache-credentials"})
"""Secrets that may be made by others, if a stack says so."""

Keys = Mapping[tuple[str, str], frozenset[str]]


@cache
def stack(name: str) -> Recording:
    """A stack of the example company, run once."""
    return record_stack(ROOT, name)


def keys(recording: Recording) -> Keys:
    """What is in each Secret and ConfigMap, whoever fills it."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for one in recording.manifests("Secret") + recording.manifests("ConfigMap"):
        data = {**(one.get("data") or {}), **(one.get("stringData") or {})}
        found[one["kind"], one["metadata"]["name"]] = frozenset(data)
    for one in recording.manifests("ExternalSecret"):
        target = one["spec"]["target"]["name"]
        found["Secret", target] = frozenset(each["secretKey"] for each in one["spec"]["data"])
    for one in recording.manifests("Certificate"):
        found["Secret", one["spec"]["secretName"]] = frozenset({"tls.crt", "tls.key", "ca.crt"})
    return found


def pods(recording: Recording) -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """The pods that we write, with the names of volumes that claims make."""
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob"):
        for one in recording.manifests(kind):
            spec = one["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else one["spec"]
            claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", ())}
            yield f"{kind} {one['metadata']['name']}", spec["template"]["spec"], claims


def sources(volume: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The Secrets and ConfigMaps in a volume."""
    if "secret" in volume:
        yield "Secret", volume["secret"]["secretName"]
    if "configMap" in volume:
        yield "ConfigMap", volume["configMap"]["name"]
    for each in (volume.get("projected") or {}).get("sources", ()):
        yield "Secret", each["secret"]["name"]


def texts(container: Mapping[str, Any]) -> Iterator[str]:
    """What a program is told on its command line and in its environment."""
    yield from map(str, container.get("args", ()))
    yield from (str(variable.get("value", "")) for variable in container.get("env", ()))


def flaws(container: Mapping[str, Any], volumes: Mapping[str, Any], known: Keys) -> Iterator[str]:
    """Files that are not there."""
    mounts = {mount["mountPath"]: mount for mount in container.get("volumeMounts", ())}
    for text in texts(container):
        for path in _PATH.findall(text):
            under = [place for place in mounts if path == place or path.startswith(f"{place}/")]
            if not under:
                if not path.startswith(IN_THE_IMAGE):
                    yield f"{path} is nowhere"
                continue
            place = max(under, key=len)
            file = str(PurePosixPath(path).relative_to(place))
            here = [known[one] for one in sources(volumes[mounts[place]["name"]]) if one in known]
            if here and file != "." and "subPath" not in mounts[place] and file not in frozenset().union(*here):
                yield f"{path} is in none of what is mounted at {place}"


@pytest.mark.parametrize("name", STACKS)
def test_every_file_of_a_command_line_is_mounted(name: str) -> None:
    """Certificates, configuration, credentials: with the key that the path ends in."""
    recording = stack(name)
    known, wrong, seen = keys(recording), [], 0
    for title, pod, claims in pods(recording):
        volumes = {one["name"]: one for one in pod.get("volumes", ())} | {claim: {} for claim in claims}
        for container in pod["containers"]:
            seen += sum(len(_PATH.findall(text)) for text in texts(container))
            wrong += [f"{title}: {flaw}" for flaw in flaws(container, volumes, known)]
    assert wrong == []
    assert seen > 10


@pytest.mark.parametrize("name", STACKS)
def test_every_secret_that_is_mounted_is_made(name: str) -> None:
    """By us, by cert-manager or by the External Secrets Operator, or the pod waits for ever."""
    recording = stack(name)
    known, wrong = keys(recording), set()
    for title, pod, _ in pods(recording):
        wanted = [one for volume in pod.get("volumes", ()) for one in sources(volume)]
        for container in pod["containers"]:
            for variable in container.get("env", ()):
                if (ref := (variable.get("valueFrom") or {}).get("secretKeyRef")) is not None:
                    assert ref["key"] in known["Secret", ref["name"]], (title, ref)
        wrong |= {f"{title}: {one[0]} {one[1]}" for one in wanted if one not in known and one[1] not in BY_HAND}
    assert wrong == set()


@pytest.mark.parametrize("name", STACKS)
def test_alertmanager_finds_the_file_of_every_receiver(name: str) -> None:
    """All of them come out of the one volume at the folder that the policy names."""
    recording = stack(name)
    known = keys(recording)
    [server] = recording.manifests("Alertmanager")
    [mount] = server["spec"]["volumeMounts"]
    volume = next(one for one in server["spec"]["volumes"] if one["name"] == mount["name"])
    there = frozenset().union(*(known[one] for one in sources(volume)))
    text = recording.manifest("Secret", "alertmanager-config")["stringData"]["alertmanager.yaml"]
    named = [PurePosixPath(path) for path in re.findall(r"_file: (\S+)", text)]
    assert len(named) > 5
    assert {str(path.parent) for path in named} == {mount["mountPath"]}
    assert {path.name for path in named} - there == set()


@pytest.mark.parametrize("name", STACKS)
def test_the_ruler_finds_its_certificates(name: str) -> None:
    """Those of its own volume, which the files name that it is configured by."""
    recording = stack(name)
    [ruler] = recording.manifests("ThanosRuler")
    config = recording.manifest("Secret", "thanos-ruler-config")["stringData"]
    named = {
        value for text in config.values() for value in re.findall(r"_file: (\S+)", yaml.safe_dump(yaml.safe_load(text)))
    }
    folders = {mount["mountPath"] for mount in ruler["spec"].get("volumeMounts", ())}
    assert {str(PurePosixPath(value).parent) for value in named} == folders
    assert {PurePosixPath(value).name for value in named} <= {"ca.crt", "tls.crt", "tls.key"}
