"""Which executor this server uses.

This is a module of its own, and not in the package's `__init__`: that runs whenever a module of the
package is imported, so importing one executor would import all of them.
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
