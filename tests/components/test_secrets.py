"""Secrets that people fill: from the configuration, from Vault, from AWS; and what is wrong with them."""

from pathlib import Path
from typing import Any, Final

import pulumi
import pytest

from tests.stacks.companies import MINI, ROOT
from tools.program import Recording, record_stack
from tools.program.checking import mistakes
from tools.program.running import run_main, stack_recorder

FILE: Final = "stacks/Pulumi.staging.yaml"
VAULT: Final[dict[str, Any]] = {"vault": {"server": "https://vault.example.com", "role": "tocsin"}}

NO_BOT: Final = {"bot": None, "remediation": None}


def staging(root: Path = MINI, **changes: Any) -> Recording:
    """A stack with changed sections."""
    return record_stack(root, "staging", changes={f"tocsin:{key}": value for key, value in changes.items()})


def refusal(**changes: Any) -> list[str]:
    """The lines of the error for changed sections, without file and line; nothing may be registered."""
    recorder = stack_recorder(MINI, "staging", changes={f"tocsin:{key}": value for key, value in changes.items()})
    with pytest.raises(pulumi.RunError) as error:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    return [line.partition(": stack staging: ")[2] for line in str(error.value).splitlines()]


def wanted(found: Recording, name: str = "alertmanager-secrets") -> list[str]:
    """The keys of an ExternalSecret."""
    return [one["secretKey"] for one in found.manifest("ExternalSecret", name)["spec"]["data"]]


def test_values_of_the_configuration_are_secret() -> None:
    """Each becomes a key, hidden in Pulumi's state."""
    keys = wanted(staging(secrets=VAULT))
    login = {"username": "exporter", "password": "its-password"}
    given = {key: f"value-of-{key}" for key in keys}
    found = staging(secrets={"alertmanager": given, "databases": {"payments-db": login}}, **NO_BOT)
    assert mistakes(found) == []
    assert found.manifest("Secret", "alertmanager-secrets")["stringData"] == given
    assert found.manifest("Secret", "database-payments-db")["stringData"] == login
    placed = found.named("secret-monitoring-alertmanager-secrets")
    assert ("stringData",) in placed.secrets
    assert found.manifests("ExternalSecret") == []


def test_values_in_vault_never_pass_through_pulumi() -> None:
    """A store with Kubernetes' own login, and an ExternalSecret for each Secret that names every key."""
    ca = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
    found = staging(secrets={"vault": {**VAULT["vault"], "ca": ca, "namespace": "ops"}, "prefix": "shop/"})
    assert mistakes(found) == []
    assert found.manifest("SecretStore", "tocsin")["spec"]["provider"] == {
        "vault": {
            "server": "https://vault.example.com",
            "path": "secret",
            "version": "v2",
            "auth": {
                "kubernetes": {
                    "mountPath": "kubernetes",
                    "role": "tocsin",
                    "serviceAccountRef": {"name": "tocsin-secrets"},
                }
            },
            "namespace": "ops",
            "caProvider": {"type": "ConfigMap", "name": "tocsin-vault-ca", "key": "ca.crt"},
        }
    }
    assert found.manifest("ConfigMap", "tocsin-vault-ca")["data"] == {"ca.crt": ca}
    spec = found.manifest("ExternalSecret", "alertmanager-secrets")["spec"]
    assert spec["target"]["name"] == "alertmanager-secrets"
    for one in spec["data"]:
        assert one["remoteRef"] == {"key": "shop/alertmanager-secrets", "property": one["secretKey"]}
    assert "alertmanager-secrets" not in {one["metadata"]["name"] for one in found.manifests("Secret")}


def test_values_in_aws_are_read_as_a_role() -> None:
    """The ServiceAccount stands for it, and databases have their login there too."""
    found = record_stack(ROOT, "production")
    account = found.manifest("ServiceAccount", "tocsin-secrets")["metadata"]
    assert account["annotations"] == {
        "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/shop-production-secrets"
    }
    provider = found.manifest("SecretStore", "tocsin")["spec"]["provider"]["aws"]
    assert (provider["service"], provider["region"]) == ("SecretsManager", "eu-west-1")
    assert wanted(found, "database-payments-db") == ["username", "password"]


def test_the_bot_has_its_files_from_the_store() -> None:
    """Those that its remote needs, before its pod; with the bot, so that they can be released without the rest."""
    found = staging(secrets=VAULT)
    assert wanted(found, "tocsin-bot") == ["alertmanager-tokens", "member-tokens", "ssh-key", "known-hosts"]
    fetched = found.named("externalsecret-monitoring-tocsin-bot")
    assert fetched.manifest["spec"]["data"][0]["remoteRef"] == {
        "key": "tocsin/tocsin-bot",
        "property": "alertmanager-tokens",
    }
    assert "tocsin:components:Bot$" in fetched.urn
    assert fetched.urn in found.named("statefulset-monitoring-tocsin").depends_on
    assert found.named("secretstore-monitoring-tocsin").urn in fetched.depends_on
    by_https = {"image": "ghcr.io/example/tocsin:1.0.0", "remote": "https://github.com/example/tocsin.git"}
    assert wanted(staging(secrets=VAULT, bot=by_https), "tocsin-bot")[2:] == ["git-credentials"]


def test_a_bot_without_secrets_is_refused() -> None:
    """Its pod would wait for ever; `missing: empty` leaves it to somebody else."""
    assert refusal(secrets={})[0] == (
        "tocsin:bot.secrets: is missing; expected tokens and what lets git in, a store outside (vault or aws) in "
        "tocsin:secrets, or `missing: empty` there and a Secret tocsin-bot of your own; run "
        "`pulumi config set --secret --path tocsin:bot.secrets.alertmanager_tokens`, and so on"
    )
    found = staging(secrets={"missing": "empty"})
    assert {one["metadata"]["name"] for one in found.manifests() if "tocsin-bot" in one["metadata"]["name"]} == set()


def test_what_reads_a_secret_comes_after_it() -> None:
    """Alertmanager does not start without its files, as the kubelet would wait for them."""
    found = staging(secrets=VAULT)
    by_urn = {one.urn: one for one in found}
    server = next(one for one in found if one.name == "alertmanager-monitoring-alertmanager")

    def before(urn: str) -> set[str]:
        direct = set(by_urn[urn].depends_on)
        return direct.union(*(before(one) for one in direct))

    assert found.named("externalsecret-monitoring-alertmanager-secrets").urn in before(server.urn)


def test_every_missing_and_unknown_value_is_said() -> None:
    """With the command that sets it."""
    keys = wanted(staging(secrets=VAULT))
    lines = refusal(
        secrets={"alertmanager": {"slak-bot-token": "x"}, "databases": {"no-db": {"username": "u", "password": "p"}}},
        **NO_BOT,
    )
    said = "is missing; expected a value, a store outside (vault or aws), or `missing: empty`; run"
    assert [line for line in lines if "is missing" in line] == [
        *(
            f"tocsin:secrets.alertmanager: {key} {said} "
            f"`pulumi config set --secret --path 'tocsin:secrets.alertmanager[\"{key}\"]'`"
            for key in keys
        ),
        (
            f"tocsin:secrets.databases: payments-db {said} "
            "`pulumi config set --secret --path 'tocsin:secrets.databases[\"payments-db\"].password'`"
        ),
    ]
    unknown = [line for line in lines if "is not a key here" in line]
    assert len(unknown) == 2
    assert unknown[0].startswith(
        "tocsin:secrets.alertmanager.slak-bot-token: slak-bot-token is not a key here; "
        "expected a file that policies/routing.yaml has a receiver read; "
    )
    assert unknown[1] == (
        "tocsin:secrets.databases.no-db: no-db is not a key here; expected a service with a database; remove it"
    )


def test_one_place_for_values() -> None:
    """Not two stores, not values beside a store, and no role of IAM outside EKS."""
    aws = {"region": "eu-west-1", "role": "arn:aws:iam::123456789012:role/r"}
    assert refusal(secrets={**VAULT, "aws": aws}) == [
        "tocsin:secrets: got vault and aws; expected one store outside, or none; remove one of them"
    ]
    assert refusal(secrets={**VAULT, "alertmanager": {"a": "b"}}) == [
        "tocsin:secrets: got values beside a store outside; expected them in it; remove them here"
    ]
    there = {"name": "t", "context": "t", "flavour": "gke", "domain": "example.com"}
    gcs = {"gcs": {"bucket": "metrics"}, "identity": "m@p.iam.gserviceaccount.com"}
    assert refusal(cluster=there, objectStore=gcs, secrets={"aws": aws}) == [
        (
            "tocsin:secrets.aws: got aws on gke; expected a cluster of flavour eks, whose pods can have a role of IAM; "
            "use vault, or leave both away and give the values here"
        )
    ]
