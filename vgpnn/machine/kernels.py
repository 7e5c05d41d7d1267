"""How Numba kernels are named, compiled and cached.

Kernels are compiled for constant sizes, several of them in one process, some loaded from the cache
of another process. Numba tells functions apart by their names alone, in the index of its cache
and when it links what it loads: two sizes under one name get each other's code, and with it wrong
distances. So every size has a name of its own, helpers included.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import njit
from numba.extending import register_jitable


def kernel_of(*sizes: int) -> Callable:
    """Decorator: a kernel for these sizes that releases the GIL and is cached on disk."""
    return lambda function: njit(nogil=True, cache=True)(_named(function, sizes))


def helper_of(*sizes: int) -> Callable:
    """Decorator: a function for these sizes that kernels call.

    It is not compiled on its own: a kernel that closes over a compiled function is never found
    again in the cache.
    """
    return lambda function: register_jitable(_named(function, sizes))


def _named(function: Callable, sizes: tuple[int, ...]) -> Callable:
    suffix = "_" + "x".join(map(str, sizes))
    function.__name__ += suffix
    function.__qualname__ += suffix
    return function
