"""Cases that `tests/run.py --quick` leaves out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest


def slow_but(quick: Iterable[str], names: Iterable[str]) -> list:
    """All names as parameters; those that are not `quick` are marked as slow.

    Where a kernel is compiled for each case, which takes seconds, a few of them find a plain fault.
    """
    return [n if n in quick else pytest.param(n, marks=pytest.mark.slow) for n in names]
