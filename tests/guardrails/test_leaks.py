"""Guardrails about secrets in plain sight."""

from typing import Any

import pytest

from components.objects import OPEN
from policies.guardrails.registered import Path, Resource
from tests.guardrails.conftest import Said
from tests.guardrails.objects import container, resource, workload

WAY_OUT = "keep it as `secure:` configuration or in a Secret, and name the Secret here"
GITHUB = "ghp_" + "a1B2" * 9
"""Looks like a token and is none."""


def config_map(secrets: frozenset[Path] = frozenset(), **data: str) -> Resource:
    """A ConfigMap."""
    about = {"name": "web", "namespace": "shop"}
    return resource({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": data}, secrets)


def secret(**data: str) -> Resource:
    """A Secret, as Pulumi registers one."""
    about = {"name": "web", "namespace": "shop"}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": data}
    return resource(manifest, frozenset({("stringData",)}))


def provider(**inputs: Any) -> Resource:
    """Something that is no object of Kubernetes."""
    secrets = frozenset((key,) for key in inputs.pop("secrets", ()))
    return Resource(
        type="pulumi:providers:pagerduty", name="account", urn="urn:account", inputs=inputs, secrets=secrets
    )


def test_a_secret_in_a_config_map_is_stopped(said: Said) -> None:
    """Whether all of its data is one, or a single key."""
    assert said("no-secret-in-config-map", config_map(word="hunter-two"), secret(word="hunter-two")) == []
    assert said("no-secret-in-config-map", config_map(frozenset({("data", "word")}), word="hunter-two")) == [
        "ConfigMap shop/web: data.word is a secret; expected none in a ConfigMap; put it into a Secret, and mount that"
    ]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (f"token = {GITHUB}", "a token of GitHub"),
        ("xoxb-" + "1234567890-abcdef", "a token of Slack"),
        ("https://hooks.slack.com/services/" + "T0/B0/x", "a webhook of Slack"),
        ("AKIA" + "A" * 16, "a key of AWS"),
        ("glsa_" + "a" * 32, "a token of Grafana"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "a private key"),
        ("postgres://shop:" + "hunter2@db.example.com/shop", "a password in an address"),
    ],
)
def test_what_looks_like_a_credential_is_stopped(value: str, what: str, said: Said) -> None:
    """Anywhere in a plain input; the message does not repeat it."""
    assert said("no-plain-secret", config_map(settings=value)) == [
        (
            f"ConfigMap shop/web: data.settings is {what} and not marked as one; expected no secret in a plain input; "
            f"{WAY_OUT}"
        )
    ]
    assert said("no-plain-secret", secret(settings=value)) == []


def test_a_secret_that_says_it_holds_none_is_looked_at(said: Said) -> None:
    """It is shown to whoever reviews the stack."""
    about = {"name": "web", "namespace": "shop", "annotations": dict(OPEN)}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": {"a.yaml": f"token: {GITHUB}"}}
    marked = resource(manifest, frozenset({("stringData",)}))
    assert said("no-plain-secret", marked) == [
        (
            "Secret shop/web: stringData.a.yaml is a token of GitHub and not marked as one; expected no secret in a "
            f"plain input; {WAY_OUT}"
        )
    ]
    harmless = {**manifest, "stringData": {"a.yaml": "token_file: /run/secrets/token"}}
    assert said("no-plain-secret", resource(harmless, frozenset({("stringData",)}))) == []


@pytest.mark.parametrize("value", ["https://user@example.com/x", "http://a.example.com:80/b@c", "${USER}:${PASS}@host"])
def test_an_address_without_a_password_is_fine(value: str, said: Said) -> None:
    """A user, a port, or variables are no password."""
    assert said("no-plain-secret", config_map(settings=value)) == []


@pytest.mark.parametrize("key", ["token", "apiKey", "api_key", "clientSecret", "password", "integrationKey"])
def test_a_plain_input_that_is_called_like_a_secret_is_stopped(key: str, said: Said) -> None:
    """Of anything but objects of Kubernetes, where such names are those of Secrets."""
    assert said("no-plain-secret", provider(**{key: "hunter-two"})) == [
        (
            f"pulumi:providers:pagerduty account: {key} is a secret by its name and not marked as one; expected no "
            f"secret in a plain input; {WAY_OUT}"
        )
    ]
    assert said("no-plain-secret", provider(**{key: "hunter-two"}, secrets=[key])) == []
    assert said("no-plain-secret", provider(tokenFile="/run/token", keyboard="dvorak", name="token")) == []


def test_a_variable_that_is_called_like_a_secret_is_stopped(said: Said) -> None:
    """With a value of its own; one that names a Secret or a file is how it should be."""
    fine = [
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "web", "key": "password"}}},
        {"name": "TOKEN_FILE", "value": "/run/secrets/token"},
    ]
    assert said("no-plain-secret", workload(container(env=fine))) == []
    assert said(
        "no-plain-secret", workload(container(env=[*fine, {"name": "DB_PASSWORD", "value": "hunter-two"}]))
    ) == [
        (
            "Deployment shop/web: spec.template.spec.containers.0.env.2.value is a secret by its name and not marked "
            f"as one; expected no secret in a plain input; {WAY_OUT}"
        )
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", "hunter-two"),
        ("grafana.ini", "[security]\nadmin_password = hunter-two\n"),
        ("app.yaml", "server:\n  apiToken: hunter-two\n"),
        ("app.json", '{\n  "client_secret": "hunter-two"\n}\n'),
        ("app.properties", "db.password=hunter-two"),
    ],
)
def test_a_config_map_that_says_a_secret_is_stopped(key: str, value: str, said: Said) -> None:
    """By the name of the key, or by a line of the file."""
    assert said("no-plain-secret", config_map(**{key: value})) == [
        (
            f"ConfigMap shop/web: data.{key} is a secret by its name and not marked as one; expected no secret in a "
            f"plain input; {WAY_OUT}"
        )
    ]


@pytest.mark.parametrize(
    "value",
    [
        "admin_password = $__file{/run/secrets/password}",
        "password: /run/secrets/password",
        "password_file: hunter-two",
        "token: true",
        "secret:\n  name: web",
        "tokens: 12",
        "client_secret =",
    ],
)
def test_a_config_map_that_says_where_a_secret_is_is_fine(value: str, said: Said) -> None:
    """A file, a reference, or nothing."""
    assert said("no-plain-secret", config_map(**{"app.conf": value})) == []


def test_an_argument_that_says_a_secret_is_stopped(said: Said) -> None:
    """Everybody who may list pods reads it; one that names a file or a variable is how it should be."""
    fine = ["--token-file=/run/token", "--password=$(PASSWORD)", "--token=/run/token", "serve", "--listen=:80"]
    assert said("no-plain-secret", workload(container(args=fine))) == []
    assert said("no-plain-secret", workload(container(args=[*fine, "--db.password=hunter-two"]))) == [
        (
            "Deployment shop/web: spec.template.spec.containers.0.args.5 is a secret by its name and not marked as "
            f"one; expected no secret in a plain input; {WAY_OUT}"
        )
    ]


def test_a_copy_of_a_secret_is_stopped(said: Said) -> None:
    """In an argument, say, inside another text, or under another type."""
    held = secret(word="correct-horse-battery")
    assert said("no-copied-secret", held, workload()) == []
    found = said("no-copied-secret", held, workload(container(args=["--word=correct-horse-battery"])))
    assert found == [
        (
            "Deployment shop/web: spec.template.spec.containers.0.args.0 holds the secret of Secret shop/web at "
            f"stringData.word; expected no secret in a plain input; {WAY_OUT}"
        )
    ]


def test_the_name_of_a_user_is_no_secret(said: Said) -> None:
    """It stands beside the password, and `exporter` is part of many names."""
    held = secret(username="exporter", password="correct-horse-battery")
    assert said("no-copied-secret", held, config_map(a="blackbox-exporter")) == []
    assert len(said("no-copied-secret", held, config_map(a="correct-horse-battery"))) == 1


def test_short_values_and_whole_files_are_no_copies(said: Said) -> None:
    """`admin` stands in many texts, and a configuration with a secret in it is not the secret."""
    held = secret(user="admin", file="first line\nsecond line\n")
    assert said("no-copied-secret", held, config_map(a="admin of admins", b="first line\nsecond line\n")) == []
