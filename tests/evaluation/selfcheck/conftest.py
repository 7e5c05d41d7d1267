"""What the tests of the checks share."""

from __future__ import annotations

import pytest

from vgpnn.machine.threads import torch_threads


@pytest.fixture(autouse=True)
def as_in_a_run(tmp_path, monkeypatch):
    """Checks have one thread of torch; and no report is kept in the folder of a real user."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with torch_threads(1):
        yield
