"""The bucket's configuration, of every kind of store, as the real program reads it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.components.test_thanos import bucket_config
from tests.stacks.companies import MINI
from tools.parts import find
from tools.program import record_stack
from tools.program.checking import mistakes

STORES: Final[Mapping[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "gke": (
        {"gcs": {"bucket": "b-1"}, "identity": "metrics@p.iam.gserviceaccount.com"},
        {"type": "GCS", "prefix": "test", "config": {"bucket": "b-1"}},
    ),
    "aks": (
        {"azure": {"account": "shop", "container": "metrics"}, "identity": "00000000-0000-0000-0000-000000000011"},
        {
            "type": "AZURE",
            "prefix": "test",
            "config": {"storage_account": "shop", "container": "metrics", "endpoint": "blob.core.windows.net"},
        },
    ),
    "eks": (
        {"s3": {"bucket": "b-1", "region": "x-1", "endpoint": "s3.example.com", "access_key": "a", "secret_key": "s"}},
        {
            "type": "S3",
            "prefix": "test",
            "config": {
                "bucket": "b-1",
                "region": "x-1",
                "endpoint": "s3.example.com",
                "insecure": False,
                "access_key": "a",
                "secret_key": "s",
                "bucket_lookup_type": "path",
            },
        },
    ),
}


@pytest.mark.parametrize("flavour", STORES)
def test_every_kind_of_bucket(flavour: str) -> None:
    """With the identity of its cloud or with keys, always over TLS; the configuration is secret."""
    section, expected = STORES[flavour]
    cluster = {"name": "test", "context": "t", "flavour": flavour, "domain": "example.com"}
    changes = {"tocsin:cluster": cluster, "tocsin:objectStore": section, "tocsin:secrets": {"missing": "empty"}}
    found = record_stack(MINI, "staging", changes=changes)
    assert mistakes(found) == []
    assert bucket_config(found) == expected
    placed = found.named("secret-monitoring-thanos-object-store")
    assert any(path[:1] == ("stringData",) for path in placed.secrets), placed.secrets


def complaint(config: Any, folder: Path) -> str:
    """What the real program says of a bucket's configuration; it reaches nobody, since every way out is closed."""
    file = folder / "objstore.yml"
    file.write_text(yaml.safe_dump(config))
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:1")
    closed = {**nowhere, "AWS_EC2_METADATA_DISABLED": "true", "GCE_METADATA_HOST": "127.0.0.1:1", "HOME": str(folder)}
    command = [find("thanos").path, "tools", "bucket", "ls", f"--objstore.config-file={file}", "--timeout=5s"]
    done = subprocess.run(command, env=closed, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stdout + done.stderr


KMS: Final = {
    "s3": {"bucket": "b-1", "region": "x-1", "kms_key": "a-key"},
    "identity": "arn:aws:iam::123456789012:role/r",
}


@pytest.mark.parametrize("flavour", [*STORES, "eks with a key of KMS"])
def test_the_real_program_reads_every_kind_of_bucket(flavour: str, tmp_path: Path) -> None:
    """It refuses keys that it does not know, and gets as far as asking the store for its blocks, or for a token."""
    section = STORES[flavour][0] if flavour in STORES else KMS
    cluster = {"name": "test", "context": "t", "flavour": flavour[:3], "domain": "example.com"}
    changes = {"tocsin:cluster": cluster, "tocsin:objectStore": section, "tocsin:secrets": {"missing": "empty"}}
    config = bucket_config(record_stack(MINI, "staging", changes=changes))
    assert "unmarshal" not in complaint(config, tmp_path)
    misspelt = {**config, "config": {**config["config"], "regoin": "x"}}
    assert "field regoin not found" in complaint(misspelt, tmp_path)
