"""Kernels for several sizes in one process, from one cache."""

import os
import subprocess
import sys

LOADED = """
import sys, torch
from vgpnn import search
from vgpnn.search import cpu
for patch in eval(sys.argv[1]):
    query, key = torch.randint(0, 256, (2, 5, 12, 14, 3), dtype=torch.uint8)
    field, distance = cpu.nearest(query, key, patch, None, (), 0, lambda: None, 2)
    exact = search.naive.nearest(query, key, patch)[1]
    again = search.cpu.nearest(query, key, patch, None, (field,), 0, lambda: None, 0)[1]
    t, y, x = 1, 2, 3
    j = field[t, y, x].tolist()
    cut = [slice(a, a + n) for a, n in zip((t, y, x), patch)]
    other = [slice(a, a + n) for a, n in zip(j, patch)]
    true = (query[tuple(cut)].int() - key[tuple(other)].int()).square().sum()
    assert distance[t, y, x] == true and torch.equal(again, distance), (patch, distance[t, y, x])
    assert (distance >= exact).all()
"""


def test_kernels_are_found_again_and_not_mixed_up(tmp_path):
    """Cached by two processes and loaded together by a third, which compiles nothing: else every
    start of the page would wait for it."""
    environment = dict(os.environ, NUMBA_CACHE_DIR=str(tmp_path))
    counts = []
    for patches in ("[(3, 7, 7)]", "[(3, 5, 5)]", "[(3, 5, 5), (3, 7, 7)]"):
        subprocess.run([sys.executable, "-c", LOADED, patches], check=True, env=environment)
        counts.append(len(list(tmp_path.rglob("*.nbc"))))
    assert counts[0] < counts[1] == counts[2]
