"""A real Apache Kafka cluster in KRaft mode on loopback ports, from the jars of Maven Central.

A development dependency, never a part of the product. Needs Java 17 and Maven; the jars (43 MB) are fetched once and
kept below ~/.cache/shadowjudge.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path

VERSION = "4.1.0"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>shadowjudge</groupId><artifactId>test-broker</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
  </dependency></dependencies>
</project>
"""
_LOG4J = """Configuration:
  status: WARN
  Appenders: {Console: {name: STDOUT, PatternLayout: {pattern: "%d %p %c: %m%n"}}}
  Loggers: {Root: {level: WARN, AppenderRef: {ref: STDOUT}}}
"""


def missing() -> str:
    """What this machine lacks to run a cluster, as a sentence; empty when it lacks nothing."""
    absent = [name for name in ("java", "mvn") if shutil.which(name) is None]
    return f"Apache Kafka needs {' and '.join(absent)}, which this machine does not have." if absent else ""


def jars() -> Path:
    """The folder of the broker's jars, fetched from Maven Central the first time."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shadowjudge" / f"kafka-{VERSION}"
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as folder:
            (Path(folder) / "pom.xml").write_text(_POM)
            goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=libs"]
            subprocess.run(["mvn", "-q", "-B", *goal], cwd=folder, check=True, timeout=600)
            with contextlib.suppress(OSError):  # another run was first
                (Path(folder) / "libs").rename(home)
    return home


class Cluster:
    """Brokers that are controllers too, each a process of its own that can be killed and started again."""

    def __init__(self, folder: Path, brokers: int = 3) -> None:
        self._folder, self._classpath = folder, f"{jars()}/*"
        self._ports = _free_ports(2 * brokers)
        self._cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        (folder / "log4j2.yaml").write_text(_LOG4J)
        for node in range(brokers):
            self._write_properties(node, brokers)

    @property
    def bootstrap_servers(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self._ports[: len(self._ports) // 2]]

    def format(self) -> None:
        """Prepare the folders of all brokers, once."""
        files = [str(self._file(node)) for node in range(len(self._ports) // 2)]
        tool, cluster = "kafka.tools.StorageTool", f"--cluster-id={self._cluster_id}"  # it may begin with "-"
        tools = [self._java(tool, "format", cluster, "-c", file) for file in files]
        codes = [tool.wait(180) for tool in tools]
        if any(codes):
            raise RuntimeError((self._folder / "broker0.log").read_text()[-2000:])

    def start(self, node: int) -> None:
        """Start one broker; returns at once, see `wait`."""
        self._running[node] = self._java("kafka.Kafka", str(self._file(node)))

    def kill(self, node: int) -> None:
        """kill -9 of one broker."""
        self._running[node].send_signal(signal.SIGKILL)
        self._running.pop(node).wait()

    def stop(self) -> None:
        for node in list(self._running):
            self.kill(node)

    def wait(self, timeout_s: float = 180.0) -> None:
        """Return when every started broker accepts connections; raises TimeoutError with the end of its log."""
        deadline = time.monotonic() + timeout_s
        for node in self._running:
            while not _answers(self._ports[node]):
                if time.monotonic() > deadline or self._running[node].poll() is not None:
                    log = (self._folder / f"broker{node}.log").read_text()[-2000:]
                    raise TimeoutError(f"broker {node} did not start:\n{log}")
                time.sleep(0.1)

    def _file(self, node: int) -> Path:
        return self._folder / f"broker{node}.properties"

    def _java(self, tool: str, *arguments: str) -> subprocess.Popen[bytes]:
        options = ["-Xmx320m", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={self._folder}/log4j2.yaml"]
        node = arguments[-1].rsplit("broker", 1)[1].split(".")[0]
        with (self._folder / f"broker{node}.log").open("ab") as log:
            command = ["java", *options, "-cp", self._classpath, tool, *arguments]
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def _write_properties(self, node: int, brokers: int) -> None:
        voters = ",".join(f"{n}@127.0.0.1:{self._ports[brokers + n]}" for n in range(brokers))
        copies = min(3, brokers)
        settings = {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self._ports[node]},"
            f"CONTROLLER://127.0.0.1:{self._ports[brokers + node]}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self._ports[node]}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self._folder / f"data{node}",
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": min(2, brokers),
            "default.replication.factor": copies,
            "min.insync.replicas": min(2, brokers),
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "auto.create.topics.enable": "false",
        }
        self._file(node).write_text("".join(f"{name}={value}\n" for name, value in settings.items()))


@contextlib.contextmanager
def cluster(brokers: int = 3) -> Iterator[Cluster]:
    """A running cluster in a folder of its own; everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        nodes = Cluster(Path(folder), brokers)
        try:
            nodes.format()
            for node in range(brokers):
                nodes.start(node)
            nodes.wait()
            yield nodes
        finally:
            nodes.stop()


def _free_ports(count: int) -> Sequence[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
