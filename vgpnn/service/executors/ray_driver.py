"""The process between the page and a Ray cluster; Ray calls a program that uses a cluster a driver.

It is a process of its own because Ray ends its driver one minute after the cluster is gone, and
tries for minutes to reach a cluster that is not there. What it says to the page is in
`ray_messages`.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection, Listener
from pathlib import Path

import ray

import vgpnn
from vgpnn.service.errors import traceback_text
from vgpnn.service.executors import streaming
from vgpnn.service.executors.ray_messages import END, FAILED, ITEM, LOST, NO_WORKER

SILENCE_SECONDS = 30.0  # [s] without an answer after which a worker counts as lost
READY_SECONDS = 120.0  # [s] that a worker gets to load the code and its kernels
SHUTDOWN_SECONDS = 5.0  # [s] that Ray gets to shut down
NO_RESOURCES = "The Ray cluster has neither GPUs nor CPUs to work on."


class Worker:
    """A Ray actor that keeps its GPU or its CPUs for as long as the page runs.

    It is an actor and no Ray task, because Ray starts a new process for each task that wants a
    GPU, and each of them would load torch and compile kernels first.
    threads: of the CPU kernels. code: `_code_hash` of the page.
    """

    def __init__(self, threads: int, code: str) -> None:
        if code != _code_hash():
            raise RuntimeError("This machine has another version of vgpnn than the page.")
        os.environ["VGPNN_THREADS"] = str(threads)
        from vgpnn.service import sampling  # noqa: F401  the first job need not wait for it

        vgpnn.warm_up()
        vgpnn.warm_up_gpu()

    def ready(self) -> None:
        """Ray answers this call when __init__ is done."""

    def begin(self, packed: bytes) -> None:
        """Begin with a call: a pickled function with its packed arguments."""
        self._items = streaming.send_items(*pickle.loads(packed))

    def next(self) -> tuple[str, bytes | None]:
        """The next message, within about a heartbeat; the function goes on in between."""
        for item in self._items:
            return ITEM, item
        return END, None

    def stop(self) -> None:
        """End the call that was begun."""
        self._items.close()


class Lost(Exception):
    """A worker does not answer any more."""


class NoWorker(Exception):
    """There is neither a worker nor a place for one."""


class WorkerPool:
    """The workers of the cluster at an address, which serve one call each.

    workers: how many there are. Raises ValueError with one sentence for a cluster without any.
    """

    def __init__(self, address: str) -> None:
        ray.init(address, log_to_driver=False, configure_logging=False)
        machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        self.workers, self._threads, resources = worker_layout(machines)
        self._new_actor = ray.remote(max_restarts=0, **resources)(Worker).remote
        self._changed = threading.Condition()
        self._free = [self._started() for _ in range(self.workers)]

    def _started(self) -> tuple:
        """A new actor, and Ray's promise of an answer when it is ready."""
        actor = self._new_actor(self._threads, _code_hash())
        return actor, actor.ready.remote()

    def serve(self, connection: Connection) -> None:
        """Answer the one call that comes on a connection, and close it."""
        with suppress(EOFError, OSError), connection:  # raised when the page has hung up
            packed = connection.recv_bytes()
            try:
                if packed:
                    self._stream(packed, connection)
                else:
                    self._wait_until_ready(connection)
            except Lost as loss:
                connection.send((LOST, str(loss)))
            except NoWorker:
                connection.send((NO_WORKER, None))
            except (EOFError, OSError):
                raise
            except Exception as error:
                connection.send((FAILED, traceback_text(error)))
            else:
                connection.send((END, None))

    def _wait_until_ready(self, connection: Connection) -> None:
        for _, ready in [*self._free]:
            _answer(ready, connection, READY_SECONDS)

    def _stream(self, packed: bytes, connection: Connection) -> None:
        """Pass on the messages of a worker, without its END."""
        with self._begun(packed, connection) as actor:
            while (message := _answer(actor.next.remote(), connection))[0] != END:
                connection.send(message)

    @contextmanager
    def _begun(self, packed: bytes, connection: Connection) -> Iterator:
        """A worker that has begun with a call; it is free again at the end. Raises Lost, NoWorker.

        A worker that was lost before it could begin is replaced by the next one.
        """
        for others in reversed(range(self.workers)):
            actor, ready = self._take(connection)
            began = False
            try:
                _answer(ready, connection)
                _answer(actor.begin.remote(packed), connection)
                began = True
                yield actor
                return
            except Lost:
                ray.kill(actor)  # it may still run and only not answer
                actor, ready = self._started()
                if began or not others:
                    raise
            except OSError:  # the page has hung up
                actor.stop.remote()  # Ray runs this before the next call of the actor
                raise
            finally:
                with self._changed:
                    self._free.append((actor, ready))
                    self._changed.notify()

    def _take(self, connection: Connection) -> tuple:
        """The first free worker that is ready, no longer among the free ones. Raises NoWorker."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            connection.send((ITEM, None))
            with self._changed:
                promises = [ready for _, ready in self._free]
                kept = ray.wait(promises, timeout=0)[0] if promises else []
                for worker in self._free:
                    if worker[1] in kept:
                        self._free.remove(worker)
                        return worker
                self._changed.wait(streaming.HEARTBEAT_SECONDS)
        raise NoWorker


def _answer(promise, connection: Connection, seconds: float = SILENCE_SECONDS):
    """The answer that Ray promises; signs of life are sent to the page until it comes.

    Raises Lost after so many seconds, or when the worker is gone, and what the worker raises.
    """
    end = time.monotonic() + seconds
    try:
        while not ray.wait([promise], timeout=streaming.HEARTBEAT_SECONDS)[0]:
            connection.send((ITEM, None))
            if time.monotonic() > end:
                raise Lost("no answer")
        return ray.get(promise)
    except ray.exceptions.RayTaskError:  # raised by our code on the worker
        raise
    except ray.exceptions.RayError as error:
        last_line = str(error).strip().splitlines()[-1:]
        raise Lost(": ".join([type(error).__name__, *last_line])) from error


@cache
def _code_hash() -> str:
    """A hash of all sources of this package: results have to be the same on every machine."""
    package = Path(vgpnn.__file__).parent
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        digest.update(str(source.relative_to(package)).encode() + source.read_bytes())
    return digest.hexdigest()


def worker_layout(machines: list[dict[str, float]]) -> tuple[int, int, dict[str, int]]:
    """How many workers there can be, the threads of each, and what each asks Ray for.

    machines: the resources of each, "GPU" and "CPU". All workers are alike, so that each of them
    can be started again wherever there is room. Raises ValueError with one sentence.
    """
    resources = [(int(m.get("GPU", 0)), int(m.get("CPU", 0))) for m in machines]
    if gpus := sum(gpu for gpu, _ in resources):
        cpus = min(cpu // gpu for gpu, cpu in resources if gpu)
        return gpus, max(1, cpus), {"num_gpus": 1, "num_cpus": cpus}
    smallest = min((cpu for _, cpu in resources if cpu), default=0)
    threads = int(os.environ.get("VGPNN_THREADS", smallest))
    workers = sum(cpu // threads for _, cpu in resources) if threads else 0
    if not workers:
        raise ValueError(NO_RESOURCES)
    return workers, threads, {"num_cpus": threads}


def main() -> None:
    """Answer calls until the page, which has the other end of standard input, is gone.

    Writes one line to standard output: {"workers", "address"}, or {"error"} with one sentence.
    """
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else prints must not get between the page and that line

    def write_line(**fields) -> None:
        print(json.dumps(fields), file=output, flush=True)

    try:
        pool = WorkerPool(sys.argv[1])
    except ValueError as error:
        write_line(error=str(error))
        return
    listener = Listener(backlog=16)
    write_line(workers=pool.workers, address=listener.address)

    def accept_calls() -> None:
        while True:
            connection = listener.accept()
            threading.Thread(target=pool.serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept_calls, daemon=True).start()
    sys.stdin.read()
    # Without its cluster, Ray takes long to shut down; the cluster also notices when we are gone.
    threading.Timer(SHUTDOWN_SECONDS, os._exit, (0,)).start()
    ray.shutdown()
    listener.close()
    os._exit(0)
