"""Ray's end of `Cluster`: a process that asks the workers of a Ray cluster, for the page.

A process of its own, since Ray ends the one that uses it a minute after its cluster is gone, and
tries for minutes to reach one that is not there.

On a connection of the page comes one call: a function and what it is given, pickled, or b"" where
all workers are to get ready. Back come (kind, thing): ITEM with what `streaming.send_items` yields and, as
the last one, OVER, LOST with a line on how the worker was lost, NONE_LEFT where there has been none
for long, or FAILED with a traceback. A page that closes the connection wants no more.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sys
import threading
import time
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection, Listener
from pathlib import Path

import ray

import vgpnn
from vgpnn.service import errors
from vgpnn.service.executors import streaming
from vgpnn.service.executors.ray_cluster import FAILED, ITEM, LOST, NONE_LEFT, OVER

SILENCE = 30.0  # [s] without an answer after which a worker counts as lost
GETTING_READY = 120.0  # [s] at most, until a worker has the code and its kernels
NO_PLACE = "The Ray cluster has neither GPUs nor CPUs to work on."


class Worker:
    """An actor, which has its GPU or its CPUs for as long as the page runs.

    Actors rather than tasks: Ray starts a new process for every task that wants a GPU, which would
    load torch and compile kernels before each job.
    """

    def __init__(self, threads: int, code: str) -> None:
        if code != _code():
            raise RuntimeError("This machine has another version of vgpnn than the page.")
        os.environ["VGPNN_THREADS"] = str(threads)
        from vgpnn.service import sampling  # noqa: F401  rather now than in the first job

        vgpnn.warm_up()

    def ready(self) -> None:
        """Answered when __init__ is done."""

    def begin(self, packed: bytes) -> None:
        self._items = streaming.send_items(*pickle.loads(packed))

    def next(self) -> tuple[str, bytes | None]:
        """Within about a PULSE; what was begun before goes on in between."""
        for item in self._items:
            return ITEM, item
        return OVER, None

    def stop(self) -> None:
        self._items.close()


class Lost(Exception):
    """A worker that does not answer any more."""


class NoneLeft(Exception):
    """Neither a worker nor a place for one."""


class Driver:
    """The workers of the cluster at an address, and who may have one. Raises ValueError."""

    def __init__(self, address: str) -> None:
        ray.init(address, log_to_driver=False, configure_logging=False)
        count, threads, asked = _places([n["Resources"] for n in ray.nodes() if n["Alive"]])
        self._new = ray.remote(max_restarts=0, **asked)(Worker).remote
        self._threads = threads
        self._changed = threading.Condition()
        self._free = [self._started() for _ in range(count)]
        self.workers = count

    def _started(self) -> tuple:
        """An actor, and what is there when it is ready."""
        actor = self._new(self._threads, _code())
        return actor, actor.ready.remote()

    def serve(self, connection: Connection) -> None:
        """One call of the page."""
        with suppress(EOFError, OSError), connection:  # nobody there who wants more
            packed = connection.recv_bytes()
            try:
                if packed:
                    self._stream(packed, connection)
                else:
                    self._get_ready(connection)
            except Lost as loss:
                connection.send((LOST, str(loss)))
            except NoneLeft:
                connection.send((NONE_LEFT, None))
            except (EOFError, OSError):
                raise
            except Exception as error:
                connection.send((FAILED, errors.traceback_text(error)))
            else:
                connection.send((OVER, None))

    def _get_ready(self, connection: Connection) -> None:
        for _, ready in [*self._free]:
            _answer(ready, connection, GETTING_READY)

    def _stream(self, packed: bytes, connection: Connection) -> None:
        with self._begun(packed, connection) as actor:
            while (answer := _answer(actor.next.remote(), connection))[0] != OVER:
                connection.send(answer)

    @contextmanager
    def _begun(self, packed: bytes, connection: Connection):
        """A worker that has begun with a call."""
        for left in reversed(range(self.workers)):
            actor, ready = self._take(connection)
            began = False
            try:
                _answer(ready, connection)
                _answer(actor.begin.remote(packed), connection)
                began = True
                yield actor
                return
            except Lost:
                ray.kill(actor)  # it may be there and only not answer
                actor, ready = self._started()
                if began or not left:  # otherwise it was lost before this call, as others may be
                    raise
            except OSError:
                actor.stop.remote()  # before the next call, which waits for it
                raise
            finally:
                with self._changed:
                    self._free.append((actor, ready))
                    self._changed.notify()

    def _take(self, connection: Connection) -> tuple:
        """The first free worker that is ready."""
        end = time.monotonic() + GETTING_READY
        while time.monotonic() < end:
            connection.send((ITEM, None))
            with self._changed:
                coming = [ready for _, ready in self._free]
                there = ray.wait(coming, timeout=0)[0] if coming else []
                for worker in self._free:
                    if worker[1] in there:
                        self._free.remove(worker)
                        return worker
                self._changed.wait(streaming.HEARTBEAT_SECONDS)
        raise NoneLeft


def _answer(coming, connection: Connection, seconds: float = SILENCE):
    """What a worker answers; the page is told meanwhile that it comes."""
    end = time.monotonic() + seconds
    try:
        while not ray.wait([coming], timeout=streaming.HEARTBEAT_SECONDS)[0]:
            connection.send((ITEM, None))
            if time.monotonic() > end:
                raise Lost("no answer")
        return ray.get(coming)
    except ray.exceptions.RayTaskError:  # raised by the code there
        raise
    except ray.exceptions.RayError as error:
        last = str(error).strip().splitlines()[-1:]
        raise Lost(": ".join([type(error).__name__, *last])) from error


@cache
def _code() -> str:
    """What only the same sources have. Results have to be the same whoever makes them."""
    package = Path(vgpnn.__file__).parent
    sources = sorted(package.rglob("*.py"))
    told = b"".join(str(s.relative_to(package)).encode() + s.read_bytes() for s in sources)
    return hashlib.sha256(told).hexdigest()


def _places(machines: list[dict[str, float]]) -> tuple[int, int, dict[str, int]]:
    """How many workers there can be, the threads of each, and what each asks Ray for.

    machines: GPUs and CPUs of each. Workers are all alike, so that any of them can be started anew
    wherever there is room. Raises ValueError.
    """
    owned = [(int(m.get("GPU", 0)), int(m.get("CPU", 0))) for m in machines]
    if gpus := sum(gpu for gpu, _ in owned):
        cpus = min(cpu // gpu for gpu, cpu in owned if gpu)
        return gpus, max(1, cpus), {"num_gpus": 1, "num_cpus": cpus}
    least = min((cpu for _, cpu in owned if cpu), default=0)
    each = int(os.environ.get("VGPNN_THREADS", least))
    count = sum(cpu // each for _, cpu in owned) if each else 0
    if not count:
        raise ValueError(NO_PLACE)
    return count, each, {"num_cpus": each}


def main() -> None:
    """Answer calls until the page, which has the other end of standard input, is gone.

    The first line of standard output: {"workers", "listening"}, or {"error"} with one sentence.
    """
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else on that line

    def tell(**fields) -> None:
        print(json.dumps(fields), file=told, flush=True)

    try:
        driver = Driver(sys.argv[1])
    except ValueError as error:
        tell(error=str(error))
        return
    listener = Listener(backlog=16)
    tell(workers=driver.workers, listening=listener.address)

    def listen() -> None:
        while True:
            connection = listener.accept()
            threading.Thread(target=driver.serve, args=(connection,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    sys.stdin.read()
    # What Ray does to say goodbye can take long without a cluster; it notices without that, too.
    threading.Timer(5, os._exit, (0,)).start()
    ray.shutdown()
    listener.close()
    os._exit(0)
