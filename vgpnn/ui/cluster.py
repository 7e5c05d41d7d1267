"""Jobs on the workers of a Ray cluster, so that several machines with GPUs serve one page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import vgpnn

from . import remote
from .executors import WorkerLost


def _make(function: Callable[..., Iterator], packed: bytes) -> Iterator[bytes | None]:
    """On a worker."""
    yield from remote.serve(function, packed)


def _prepare() -> None:
    vgpnn.warm_up()


class Cluster:
    """An executor with a worker for each GPU of the cluster or, where it has none, for each of its
    CPUs.

    address: "auto", HOST:PORT, or ray://HOST:PORT. The workers get this code from here; what
    requirements.txt lists they need to have. Raises ValueError with one sentence where no cluster
    can be reached.
    """

    def __init__(self, address: str) -> None:
        try:
            import ray
        except ImportError:
            raise ValueError(
                'VGPNN_RAY_ADDRESS needs Ray: install it with `pip install "ray[default]"`.'
            ) from None
        try:
            ray.init(
                address, log_to_driver=False, logging_level=logging.ERROR,
                runtime_env={"py_modules": [str(Path(vgpnn.__file__).parent)]},
            )  # fmt: skip
            resources = ray.cluster_resources()
        except Exception as error:
            raise ValueError(
                f"No Ray cluster can be reached at {address}: start one with `ray start --head`, "
                "or unset VGPNN_RAY_ADDRESS."
            ) from error
        gpus = int(resources.get("GPU", 0))
        self.workers = gpus or max(1, int(resources.get("CPU", 1)))
        asked = {"num_gpus": 1} if gpus else {"num_cpus": 1}
        # A lost worker is the caller's to deal with: it knows which samples are there already.
        self._stream = ray.remote(num_returns="streaming", max_retries=0, **asked)(_make)
        self._prepare = ray.remote(scheduling_strategy="SPREAD", **asked)(_prepare)
        self._ray = ray

    def prepare(self) -> None:
        self._ray.get([self._prepare.remote() for _ in range(self.workers)])

    def run(
        self, function: Callable[..., Iterator], *plain, checkpoint: Callable[[], None]
    ) -> Iterator:
        return remote.receive(lambda: self._items(function, remote.pack(plain)), checkpoint)

    def _items(self, function: Callable, packed: bytes) -> Iterator[bytes | None]:
        errors = self._ray.exceptions
        stream = self._stream.remote(function, packed)
        try:
            for item in stream:
                yield self._ray.get(item)
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.ObjectLostError) as error:
            raise WorkerLost(str(error)) from error
        finally:
            self._ray.cancel(stream)
