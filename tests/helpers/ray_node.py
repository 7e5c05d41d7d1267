"""A Ray cluster of one machine with two CPUs, for tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from helpers.server import wait_for

# The cluster runs until standard input is closed. Its object store is in the folder, because some
# machines give no shared memory.
NODE = """
import sys
from ray.cluster_utils import Cluster
node = Cluster(initialize_head=True, head_node_args={
    "num_cpus": 2, "include_dashboard": False, "include_log_monitor": False,
    "plasma_directory": sys.argv[1], "object_store_memory": 80_000_000,
})
print(node.address, flush=True)
sys.stdin.read()
node.shutdown()
"""


class RayNode:
    """The cluster, at `address`, with a folder of its own."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="ray-")  # short: Ray's sockets have its name
        Path(self.folder, "ray").mkdir()
        environment = os.environ | {
            "RAY_TMPDIR": self.folder,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",  # others on this machine would hold up the tests
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", NODE, self.folder],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.address = self.process.stdout.readline().strip()
        assert self.address, "Ray does not start"

    def processes(self, name: str = "") -> list[int]:
        """The processes of this node whose command line contains a name. All of them have a log
        open in its folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                opened = [os.readlink(link) for link in (process / "fd").iterdir()]
                command = (process / "cmdline").read_text()
                if name in command and any(self.folder in path for path in opened):
                    found.append(int(process.name))
        return found

    def kill(self, name: str) -> None:
        """Kill the processes with a name."""
        for process in self.processes(name):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def workers(self) -> list[int]:
        """The processes of our workers."""
        return self.processes("ray::Worker")

    def cpu_times(self) -> dict[int, int]:
        """CPU time that each worker has used [1/100 s]."""
        return {process: cpu_time(process) for process in self.workers()}

    def close(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(30)
            wait_for(lambda: not self.processes(), 10)
        finally:
            self.kill("")
            shutil.rmtree(self.folder, ignore_errors=True)


def cpu_time(process: int) -> int:
    """CPU time that a process has used [1/100 s]."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
