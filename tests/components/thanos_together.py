"""The programs of a stack's past on this machine: real ones, with the arguments and files that their pods get.

Names of the cluster are ports of this machine, mounted folders are folders made here; nothing else is changed. So
every certificate has the names that its Certificate asks for, and each side checks the other's.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests
import yaml

from tests.authority import Authority
from tools.drill.ports import LOOPBACK, free_port
from tools.drill.processes import Processes, Program
from tools.parts import find
from tools.program import Recording

NAMESPACE: Final = "monitoring"
SIDECAR: Final = (
    "sidecar",
    "--prometheus.url=https://localhost:9090/",
    "--grpc-address=:10901",
    "--http-address=:10902",
    "--grpc-server-tls-cert=/etc/tls/tls.crt",
    "--grpc-server-tls-key=/etc/tls/tls.key",
    "--grpc-server-tls-client-ca=/etc/tls/ca.crt",
    "--objstore.config=$(OBJSTORE_CONFIG)",
    "--tsdb.path=/prometheus",
    "--prometheus.http-client-file=/etc/thanos/config/prometheus.http-client-file.yaml",
)
"""What the operator makes of our object; tests/cluster compares it with what the real one makes."""
RULER: Final = (
    "rule",
    "--data-dir=/thanos/data",
    "--eval-interval=30s",
    "--rule-file=/etc/thanos/rules/*/*.yaml",
    "--query.config-file=/etc/thanos/config/query-config/query.yaml",
    "--objstore.config-file=/etc/thanos/config/objstorage-config/objstore.yml",
    "--grpc-server-tls-cert=/etc/tls/tls.crt",
    "--grpc-server-tls-key=/etc/tls/tls.key",
    "--grpc-server-tls-client-ca=/etc/tls/ca.crt",
    "--http.config=/etc/thanos/web_config/web-config.yaml",
)
"""The same of its ruler, but for labels and Alertmanagers."""
_SERVICE: Final = re.compile(rf"(?:dnssrv\+_(?P<port>\w+)\._tcp\.)?(?P<name>[a-z0-9-]+)\.{NAMESPACE}\.svc(?::\d+)?")
_OPEN: Final = re.compile(r"(?<![\w.])(?:0\.0\.0\.0)?:(10901|10902|7070|9090)\b")
_PORTS: Final = {"10901": "grpc", "10902": "http", "7070": "http", "9090": "http"}
_TIMEOUT_S: Final = 10


@dataclass(slots=True, kw_only=True)
class Together:
    """The programs of one stack."""

    folder: Path
    recording: Recording
    processes: Processes
    authority: Authority = field(default_factory=lambda: Authority("tocsin"))
    _ports: dict[tuple[str, str], int] = field(default_factory=dict)

    def port(self, name: str, kind: str = "http") -> int:
        """Of a program on this machine."""
        return self._ports.setdefault((name, kind), free_port())

    def url(self, name: str) -> str:
        """Of its pages."""
        return f"https://{LOOPBACK}:{self.port(name)}"

    def get(self, name: str, path: str, **query: str) -> Any:
        """What a program answers, as JSON."""
        answer = requests.get(f"{self.url(name)}{path}", params=query, verify=str(self.ca), timeout=_TIMEOUT_S)
        assert answer.ok, answer.text
        return answer.json()

    def metric(self, name: str, metric: str) -> float:
        """The sum of a metric's series, as the program itself shows it."""
        page = requests.get(f"{self.url(name)}/metrics", verify=str(self.ca), timeout=_TIMEOUT_S).text
        found = re.findall(rf"^{metric}(?:{{.*}})? (\S+)$", page, re.MULTILINE)
        return sum(map(float, found))

    @property
    def ca(self) -> Path:
        """The authority's certificate."""
        path = self.folder / "ca.crt"
        if not path.exists():
            path.write_bytes(self.authority.certificate)
        return path

    def certificate(self, name: str) -> Path:
        """The folder with a program's certificate, as cert-manager would fill its Secret."""
        folder = self.folder / name / "tls"
        if not folder.exists():
            folder.mkdir(parents=True)
            signed = self.authority.sign(self.recording.manifest("Certificate", name)["spec"]["dnsNames"])
            files = {"tls.crt": signed.certificate, "tls.key": signed.key, "ca.crt": self.authority.certificate}
            for file, content in files.items():
                (folder / file).write_bytes(content)
        return folder

    def translated(self, text: str, name: str, moved: Iterable[tuple[str, str]] = ()) -> str:
        """A text of a program's pod for this machine; `moved` are further folders, mounted ones to ours."""
        own = self.folder / name
        folders = [("/etc/tls", str(self.certificate(name))), ("/var/thanos", str(own / "data"))]
        for there, here in [*moved, *folders, ("/etc/thanos", str(own / "etc")), ("/srv", str(own / "srv"))]:
            text = text.replace(there, here)

        def service(found: re.Match[str]) -> str:
            kind = "grpc" if found["port"] == "grpc" else "http"
            return f"{LOOPBACK}:{self.port(found['name'], kind)}"

        # What a client holds a certificate against is a name, and stays one.
        lines = [line if "server_name" in line else _SERVICE.sub(service, line) for line in text.split("\n")]
        return _OPEN.sub(lambda found: f"{LOOPBACK}:{self.port(name, _PORTS[found[1]])}", "\n".join(lines))

    def write(self, name: str, path: str, text: str) -> Path:
        """A file that is mounted into a program's pod below /etc/thanos, translated."""
        file = self.folder / name / "etc" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.translated(text, name), encoding="utf-8")
        return file

    def bucket(self, name: str) -> str:
        """The bucket's configuration as one program reads it."""
        text: str = self.recording.manifest("Secret", "thanos-object-store")["stringData"]["objstore.yml"]
        return self.translated(text, name)

    def start_thanos(self, name: str) -> None:
        """One of Thanos' own programs, as its workload says."""
        kinds = self.recording.manifests("Deployment") + self.recording.manifests("StatefulSet")
        workload = next(one for one in kinds if one["metadata"]["name"] == name)
        words = workload["spec"]["template"]["spec"]["containers"][0]["args"]
        web = self.recording.manifest("ConfigMap", f"{name}-web")["data"]["web.yml"]
        self.write(name, "web/web.yml", web)
        self.write(name, "bucket/objstore.yml", self.bucket(name))
        (self.folder / name / "data").mkdir()
        self._start(name, "thanos", [self.translated(word, name) for word in words], "/-/ready")

    def start_store(self) -> None:
        """The object store, whose bucket is the folder that Kubernetes would mount."""
        name = "object-store"
        container = self.recording.manifest("StatefulSet", name)["spec"]["template"]["spec"]["containers"][0]
        for mount in container["volumeMounts"]:
            if mount["mountPath"].startswith("/srv"):
                Path(self.translated(mount["mountPath"], name)).mkdir(parents=True)
        keys = self.recording.manifest("Secret", "object-store-keys")["stringData"]
        environment = {one["name"]: keys[one["valueFrom"]["secretKeyRef"]["key"]] for one in container["env"]}
        words = [self.translated(word, name) for word in container["args"]]
        self._start(name, "versitygw", words, container["readinessProbe"]["httpGet"]["path"], environment)

    def start_prometheus(self, blocks: Path) -> None:
        """A shard on a folder that holds blocks already, which scrapes nothing."""
        name = "prometheus"
        spec = self.recording.manifest("Prometheus", "prometheus-0")["spec"]
        labels = {**spec["externalLabels"], spec["replicaExternalLabelName"]: "prometheus-prometheus-0-0"}
        config = self.write(name, "prometheus.yml", yaml.safe_dump({"global": {"external_labels": labels}}))
        tls = self.certificate(name)
        files = {"cert_file": str(tls / "tls.crt"), "key_file": str(tls / "tls.key")}
        least = spec["web"]["tlsConfig"]["minVersion"]
        web = self.write(name, "web.yml", yaml.safe_dump({"tls_server_config": {**files, "min_version": least}}))
        words = [
            f"--config.file={config}",
            f"--web.config.file={web}",
            f"--web.listen-address={LOOPBACK}:{self.port(name)}",
            f"--storage.tsdb.path={blocks}",
            f"--storage.tsdb.retention.time={spec['retention']}",
            "--storage.tsdb.min-block-duration=2h",
            "--storage.tsdb.max-block-duration=2h",
        ]
        self._start(name, "prometheus", words, "/-/ready")

    def start_sidecar(self, blocks: Path) -> None:
        """The shard's sidecar, on the port `grpc` of the Service that query asks."""
        name, pod = "prometheus-sidecar", "prometheus"
        client = {"tls_config": {"insecure_skip_verify": True}}  # as the operator has it: the two share a pod
        self._ports[pod, "grpc"] = self.port(name, "grpc")
        file = self.write(pod, "config/prometheus.http-client-file.yaml", json.dumps(client))
        moved = [
            ("localhost:9090", f"{LOOPBACK}:{self.port(pod)}"),
            ("$(OBJSTORE_CONFIG)", self.bucket(pod)),
            ("=/prometheus", f"={blocks}"),
            ("/etc/thanos/config/prometheus.http-client-file.yaml", str(file)),
            ("http-address=:10902", f"http-address={LOOPBACK}:{self.port(name)}"),
        ]
        words = [self.translated(word, pod, moved) for word in SIDECAR]
        self._start(name, "thanos", words, "/-/ready", scheme="http")

    def start_ruler(self, rules: Any) -> None:
        """The ruler with other rules than the policy's, which asks query and is asked by it."""
        name = "thanos-ruler"
        own = self.folder / name
        self.write(name, "rules/0/rules.yaml", yaml.safe_dump(rules))
        query = self.recording.manifest("Secret", "thanos-ruler-config")["stringData"]["query.yaml"]
        self.write(name, "config/query-config/query.yaml", query)
        self.write(name, "config/objstorage-config/objstore.yml", self.bucket(name))
        files = {"cert_file": "/etc/tls/tls.crt", "key_file": "/etc/tls/tls.key"}
        self.write(name, "web_config/web-config.yaml", yaml.safe_dump({"tls_server_config": files}))
        labels = self.recording.manifest("ThanosRuler", "global")["spec"]["labels"]
        here = [f"--grpc-address={LOOPBACK}:{self.port(name, 'grpc')}", f"--http-address={LOOPBACK}:{self.port(name)}"]
        moved = [("/thanos/data", str(own / "data")), ("--eval-interval=30s", "--eval-interval=1s")]
        words = [self.translated(word, name, moved) for word in RULER]
        words += [f'--label={key}="{value}"' for key, value in labels.items()]
        self._start(name, "thanos", [*words, *here], "/-/ready")

    def _start(
        self,
        name: str,
        part: str,
        words: list[str],
        page: str,
        environment: dict[str, str] | None = None,
        *,
        scheme: str = "https",
    ) -> None:
        self.processes.start(
            Program(
                name=name,
                command=[str(find(part).path), *words],
                ready_url=f"{scheme}://{LOOPBACK}:{self.port(name)}{page}",
                environment=environment or {},
                authority=self.ca,
            )
        )
