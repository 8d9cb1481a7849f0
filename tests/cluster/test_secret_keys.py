"""What the API server makes of a Secret that is placed again with fewer keys."""

from components.objects import place
from tests.cluster.api import Api
from tools.program import record


def test_a_key_that_is_taken_away_is_gone(kube: Api, namespace: str) -> None:
    """The others have their new values: nothing stays in the cluster that no file speaks of any more."""

    def placed(**texts: str) -> dict[str, str]:
        about = {"name": "tokens", "namespace": namespace}
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": texts}
        (one,) = record(lambda: place(manifest) and None)
        found: dict[str, str] = kube.apply(one.manifest).object["data"]
        return found

    assert placed(old="1", kept="2") == {"old": "MQ==", "kept": "Mg=="}
    assert placed(kept="3") == {"kept": "Mw=="}
