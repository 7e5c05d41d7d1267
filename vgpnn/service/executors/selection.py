"""Which executor this server uses.

This is no part of the package's `__init__`, which runs whenever one executor is imported: it would
import the other executors then.
"""

from __future__ import annotations

import os
from functools import cache

from vgpnn.service.executors.base import Executor
from vgpnn.service.executors.local import LocalExecutor


@cache
def current() -> Executor:
    """The executor of this process: a Ray cluster where VGPNN_RAY_ADDRESS names one, or else this
    process itself. Raises ValueError with one sentence if the cluster cannot be used."""
    if address := os.environ.get("VGPNN_RAY_ADDRESS"):
        from vgpnn.service.executors.ray_cluster import RayCluster  # Ray is optional

        return RayCluster(address)
    return LocalExecutor()
