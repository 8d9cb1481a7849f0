"""What a kubelet would say: there are no nodes, so a test that needs an ended pod ends it here."""

from tests.cluster.api import Api
from tests.cluster.waiting import until


def end_job(api: Api, namespace: str, name: str, *, succeeded: bool) -> None:
    """Reports every pod of a Job as ended, which the job controller turns into the Job's own end."""

    def pods() -> list[str]:
        listed = api.objects("v1", "Pod", namespace)
        owned = [pod for pod in listed if _owner(pod) == name]
        return [pod["metadata"]["name"] for pod in owned]

    status = {"status": {"phase": "Succeeded" if succeeded else "Failed"}}
    for pod in until(f"a pod of {name}", pods):
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/status"
        api.call("PATCH", path, status, content_type="application/merge-patch+json")


def _owner(pod: dict[str, dict[str, list[dict[str, str]]]]) -> str | None:
    """The name of whoever owns a pod."""
    owners = pod["metadata"].get("ownerReferences", [])
    return owners[0]["name"] if owners else None
