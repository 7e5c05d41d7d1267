"""An executor on a Ray cluster, so that several machines with GPUs serve one page."""

from __future__ import annotations

import importlib.util
import json
import logging
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Client
from pathlib import Path

import vgpnn
from vgpnn.service.errors import RemoteError
from vgpnn.service.executors import streaming
from vgpnn.service.executors.base import WorkerLost
from vgpnn.service.executors.ray_messages import FAILED, ITEM, LOST, NO_WORKER

CONNECT_SECONDS = 60.0  # [s] that a cluster gets to answer
PROBE_SECONDS = 5.0  # [s] that the address of a cluster gets to accept a connection
SILENCE_SECONDS = 45.0  # [s] without a sign of life after which the driver process counts as stuck
EXIT_SECONDS = 10.0  # [s] that the driver process gets to end
NO_RAY = 'VGPNN_RAY_ADDRESS needs Ray: install it with `pip install "ray[default]"`.'
NO_CLUSTER = (
    "No Ray cluster can be reached at {}: start one with `ray start --head`, or unset "
    "VGPNN_RAY_ADDRESS."
)
CLUSTER_GONE = "The machines that do the work cannot be reached: try again in a minute."
START = "from vgpnn.service.executors.ray_driver import main; main()"

log = logging.getLogger(__name__)


class RayCluster:
    """An executor on the machines that a Ray cluster has when the page starts.

    There is a worker for each GPU or, without any GPU, one for each machine, with as many CPUs as
    the smallest machine has (VGPNN_THREADS=N: one worker for every N CPUs). The page keeps them
    for as long as it runs, so that a cluster serves one page.

    address: "auto", or HOST:PORT of a cluster that this machine belongs to. Every machine needs
    the same versions of Python, Ray and this project, with what requirements.txt lists, at the
    same path or installed. No code is sent there: kernels would be compiled again in each folder
    that Ray unpacks code to.
    Raises ValueError with one sentence where no cluster can be reached.
    """

    def __init__(self, address: str) -> None:
        if importlib.util.find_spec("ray") is None:
            raise ValueError(NO_RAY)
        self._address = address
        self._lock = threading.Lock()
        self._driver = _DriverProcess(address)
        self.workers = self._driver.workers

    def prepare(self) -> None:
        for _ in self._call(b""):
            pass

    def run(
        self, function: Callable[..., Iterator], *arguments, checkpoint: Callable[[], None]
    ) -> Iterator:
        packed = pickle.dumps((function, streaming.pack(arguments)))
        return streaming.receive_items(lambda: self._call(packed), checkpoint)

    def close(self) -> None:
        """Give the workers back to the cluster."""
        self._driver.close()

    def _call(self, packed: bytes) -> Iterator[bytes | None]:
        """Yield what a worker yields for one call. Errors are those of `_DriverProcess.call`."""
        try:
            yield from self._live_driver().call(packed)
        except WorkerLost as loss:
            log.warning("worker lost", extra={"fields": {"cause": str(loss)}})
            raise

    def _live_driver(self) -> _DriverProcess:
        """The driver process, started again if it has ended. Raises ValueError with one sentence
        where the cluster is gone."""
        with self._lock:
            if not self._driver.is_alive():
                try:
                    self._driver = _DriverProcess(self._address)
                except ValueError as error:
                    log.error("cluster gone", extra={"fields": {"cause": str(error)}})
                    raise ValueError(CLUSTER_GONE) from error
            return self._driver


class _DriverProcess:
    """The process that speaks with Ray; see `ray_driver`, which is the code that it runs.

    workers: how many there are. Raises ValueError with one sentence where it finds no cluster.
    """

    def __init__(self, address: str) -> None:
        unreachable = ValueError(NO_CLUSTER.format(address))
        self._host = _host_and_port(address)
        if not self._has_answering_host():
            raise unreachable
        # A new session: Ctrl+C in a terminal ends the page, which then ends this process properly.
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, address],
            cwd=Path(vgpnn.__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        limit = threading.Timer(CONNECT_SECONDS, self._process.kill)
        limit.start()
        line = self._process.stdout.readline()
        limit.cancel()
        answer = json.loads(line) if line else {}
        if "workers" not in answer:
            self.close()
            raise ValueError(answer["error"]) if answer else unreachable
        self.workers, self._address = answer["workers"], answer["address"]

    def _has_answering_host(self) -> bool:
        """Whether anything listens at the address of the cluster. Ray itself tries for minutes."""
        if self._host is None:
            return True
        try:
            socket.create_connection(self._host, PROBE_SECONDS).close()
        except OSError:
            return False
        return True

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def call(self, packed: bytes) -> Iterator[bytes | None]:
        """Yield the items of one call.

        Raises WorkerLost, ValueError with one sentence where there is no worker, and RemoteError.
        """
        try:
            with Client(self._address) as connection:
                connection.send_bytes(packed)
                kind = ITEM
                while kind == ITEM:
                    if not connection.poll(SILENCE_SECONDS):
                        raise EOFError
                    kind, value = connection.recv()
                    if kind == ITEM:
                        yield value
        except (EOFError, OSError) as error:
            self._kill()
            raise WorkerLost("Ray's driver ended") from error
        if kind == LOST:
            if not self._has_answering_host():
                self._kill()
            raise WorkerLost(value)
        if kind == NO_WORKER:
            raise ValueError(CLUSTER_GONE)
        if kind == FAILED:
            raise RemoteError(value)

    def close(self) -> None:
        """End the process, which gives the workers back to the cluster."""
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()


def _host_and_port(address: str) -> tuple[str, int] | None:
    """The host and the port of an address; None for "auto", which only Ray can resolve. Raises
    ValueError with one sentence for an address that is malformed."""
    if address == "auto":
        return None
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ValueError(f"VGPNN_RAY_ADDRESS must be auto or HOST:PORT, not {address!r}.")
    return host.strip("[]"), int(port)
