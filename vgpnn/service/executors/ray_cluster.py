"""Jobs on the workers of a Ray cluster, so that several machines with GPUs serve one page."""

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
from vgpnn.service import errors
from vgpnn.service.executors import streaming
from vgpnn.service.executors.base import WorkerLost

REACHING = 60.0  # [s] at most, until a cluster answers
SILENCE = 45.0  # [s] without a sign of life after which our own process counts as ill
NO_RAY = 'VGPNN_RAY_ADDRESS needs Ray: install it with `pip install "ray[default]"`.'
NO_CLUSTER = (
    "No Ray cluster can be reached at {}: start one with `ray start --head`, or unset "
    "VGPNN_RAY_ADDRESS."
)
GONE = "The machines that do the work cannot be reached: try again in a minute."
ITEM, OVER, LOST, NONE_LEFT, FAILED = "item", "over", "lost", "none left", "failed"  # see driver.py
START = "from vgpnn.service.executors.ray_driver import main; main()"

log = logging.getLogger(__name__)


class RayCluster:
    """An executor on the machines of a Ray cluster as they are when the page starts: a worker for
    each GPU or, where there is none, one for each machine, with all CPUs of the smallest
    (VGPNN_THREADS=N: one for every N CPUs). They are taken for as long as the page runs, so that a
    cluster serves one page.

    address: "auto" or HOST:PORT, of a cluster that this machine is part of. Every machine needs the
    same versions of Python, Ray and this project with what requirements.txt lists: at the same
    path, or installed. Nothing is sent there, since kernels would be compiled anew in every folder
    that Ray unpacks code to. Raises ValueError with one sentence where no cluster can be reached.
    """

    def __init__(self, address: str) -> None:
        if importlib.util.find_spec("ray") is None:
            raise ValueError(NO_RAY)
        self._address = address
        self._changing = threading.Lock()
        self._driver = _Driver(address)
        self.workers = self._driver.workers

    def prepare(self) -> None:
        for _ in self._items(b""):
            pass

    def run(
        self, function: Callable[..., Iterator], *plain, checkpoint: Callable[[], None]
    ) -> Iterator:
        packed = pickle.dumps((function, streaming.pack(plain)))
        return streaming.receive_items(lambda: self._items(packed), checkpoint)

    def close(self) -> None:
        self._driver.close()

    def _items(self, packed: bytes) -> Iterator[bytes | None]:
        """What a worker yields for one call."""
        try:
            yield from self._reached().call(packed)
        except WorkerLost as loss:
            log.warning("worker lost", extra={"fields": {"cause": str(loss)}})
            raise

    def _reached(self) -> _Driver:
        """The driver, anew where its cluster went away. Raises ValueError with one sentence."""
        with self._changing:
            if not self._driver.alive():
                try:
                    self._driver = _Driver(self._address)
                except ValueError as error:
                    log.error("cluster gone", extra={"fields": {"cause": str(error)}})
                    raise ValueError(GONE) from error
            return self._driver


class _Driver:
    """The process that speaks with Ray, see driver.py. Raises ValueError with one sentence."""

    def __init__(self, address: str) -> None:
        unreachable = ValueError(NO_CLUSTER.format(address))
        self._host = _host(address)
        if not self._answers():
            raise unreachable
        # A session of its own: Ctrl-C is for the page, which then takes leave.
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, address],
            cwd=Path(vgpnn.__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        limit = threading.Timer(REACHING, self._process.kill)
        limit.start()
        line = self._process.stdout.readline()
        limit.cancel()
        told = json.loads(line) if line else {}
        if "workers" not in told:
            self.close()
            raise ValueError(told["error"]) if told else unreachable
        self.workers, self._listening = told["workers"], told["listening"]

    def _answers(self) -> bool:
        """Whether anything is at the address of the cluster; Ray itself would try for minutes."""
        if self._host is None:
            return True
        try:
            socket.create_connection(self._host, 5).close()
        except OSError:
            return False
        return True

    def alive(self) -> bool:
        return self._process.poll() is None

    def call(self, packed: bytes) -> Iterator[bytes | None]:
        """Raises WorkerLost, ValueError with one sentence, Elsewhere."""
        try:
            with Client(self._listening) as connection:
                connection.send_bytes(packed)
                kind = ITEM
                while kind == ITEM:
                    if not connection.poll(SILENCE):
                        raise EOFError
                    kind, item = connection.recv()
                    if kind == ITEM:
                        yield item
        except (EOFError, OSError) as error:
            self._kill()
            raise WorkerLost("Ray's driver ended") from error
        if kind == LOST:
            if not self._answers():
                self._kill()
            raise WorkerLost(item)
        if kind == NONE_LEFT:
            raise ValueError(GONE)
        if kind == FAILED:
            raise errors.RemoteError(item)

    def close(self) -> None:
        """Workers are free again when this is gone."""
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._kill()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()


def _host(address: str) -> tuple[str, int] | None:
    """Host and port; None where only Ray knows them. Raises ValueError with one sentence."""
    if address == "auto":
        return None
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ValueError(f"VGPNN_RAY_ADDRESS must be auto or HOST:PORT, not {address!r}.")
    return host.strip("[]"), int(port)
