"""Kernels of several sizes in one process, some of them from a cache that another one wrote."""

import os
import subprocess
import sys
from pathlib import Path

from vgpnn.machine.kernels import helper_of, kernel_of

ROOT = Path(__file__).parents[2]
# Searches with patches of some sizes. The distance of one match is compared with plain arithmetic.
SEARCHES = """
import sys, torch
from vgpnn.search import cpu, naive
generator = torch.Generator().manual_seed(0)
query, key = torch.randint(0, 256, (2, 5, 12, 14, 3), generator=generator, dtype=torch.uint8)
for size in sys.argv[1:]:
    patch = tuple(map(int, size.split("x")))
    field, distance = cpu.nearest(query, key, patch, None, (), 0, lambda: None, 2)
    corner = 1, 2, 3
    of_query = [slice(a, a + n) for a, n in zip(corner, patch)]
    of_key = [slice(a, a + n) for a, n in zip(field[corner].tolist(), patch)]
    differences = query[tuple(of_query)].int() - key[tuple(of_key)].int()
    assert distance[corner] == differences.square().sum(), patch
    assert (distance >= naive.nearest(query, key, patch)[1]).all(), patch
"""


def compiled_files(cache: Path, *sizes: str) -> int:
    """Run the searches in a new process; how many compiled kernels there are in the cache then."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", SEARCHES, *sizes]
    subprocess.run(command, check=True, env=environment, cwd=ROOT)
    return len(list(cache.rglob("*.nbc")))


def test_kernels_are_found_again_and_not_mixed_up(tmp_path):
    """Two processes compile a size each. A third one loads both and compiles nothing.

    If it did compile, every start of the page would wait for it.
    """
    first = compiled_files(tmp_path, "1x3x3")
    second = compiled_files(tmp_path, "1x2x2")
    assert 0 < first < second
    assert compiled_files(tmp_path, "1x2x2", "1x3x3") == second


def test_functions_of_different_sizes_have_different_names():
    def scaled(factor):
        @helper_of(factor)
        def product(x):
            return factor * x

        @kernel_of(factor)
        def kernel(x):
            return product(x) + 1

        return product, kernel

    (twice, twice_plus_1), (thrice, thrice_plus_1) = scaled(2), scaled(3)
    assert (twice.__name__, thrice.__name__) == ("product_2", "product_3")
    assert (twice_plus_1.__name__, thrice_plus_1.__name__) == ("kernel_2", "kernel_3")
    assert (twice_plus_1(5), thrice_plus_1(5)) == (11, 16)


def test_a_kernel_releases_the_gil_and_is_cached():
    @kernel_of(3, 5, 5)
    def kernel():
        return 0

    assert kernel.targetoptions["nogil"] and kernel._cache is not None
    assert kernel.__qualname__.endswith("kernel_3x5x5")
