"""How Numba kernels are compiled and cached."""

from __future__ import annotations

from collections.abc import Callable

from numba import njit


def kernel_of(*sizes: int) -> Callable:
    """Decorator: a compiled kernel that releases the GIL, cached on disk under its own sizes.

    Numba keeps one index of compiled code per function name, and two processes that compile
    different sizes at the same time may overwrite each other's entry there: with a name for every
    size there is nothing to mix up.
    """

    def compiled(function: Callable) -> Callable:
        function.__qualname__ += "_" + "x".join(map(str, sizes))
        return njit(nogil=True, cache=True)(function)

    return compiled
