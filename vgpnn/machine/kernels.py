"""How Numba kernels are named, compiled and cached on disk.

A kernel is compiled for constant sizes, such as those of a patch. A process may use several sizes
of one kernel, and load some of them from the cache that another process wrote.

- Numba tells functions apart by their names, in the index of its cache and when it links what it
  loads. Two sizes of a kernel with the same name would get each other's code, and with it wrong
  results. Every size therefore has a name of its own, and so have the helpers that kernels call.
- A cached kernel is used while its file is the same, and so are its local variables, including the
  code of local helper functions. A constant or a function that a kernel takes from another module
  is not checked: a kernel must get it as a local variable.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import njit
from numba.extending import register_jitable


def kernel_of(*sizes: int) -> Callable:
    """A decorator for a kernel with these constant sizes.

    The kernel is compiled at its first call or loaded from the cache. It releases the GIL.
    """
    return lambda function: njit(nogil=True, cache=True)(_named(function, sizes))


def helper_of(*sizes: int) -> Callable:
    """A decorator for a function with these constant sizes that kernels call.

    The function is compiled as a part of each kernel and not on its own: Numba never finds a kernel
    in its cache that has a compiled function among its local variables.
    """
    return lambda function: register_jitable(_named(function, sizes))


def _named(function: Callable, sizes: tuple[int, ...]) -> Callable:
    """The function with its sizes added to its name, such as `sweep_3x7x7x3`."""
    suffix = "_" + "x".join(map(str, sizes))
    function.__name__ += suffix
    function.__qualname__ += suffix
    return function
