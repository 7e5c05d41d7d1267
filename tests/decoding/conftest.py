"""What tests of the decoding process share."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from vgpnn.decoding import process


@pytest.fixture
def sandbox_script(tmp_path, monkeypatch):
    """Writes another program, which is started in the place of `sandbox/main.py`."""

    def replace_script(text: str) -> None:
        path = tmp_path / "script.py"
        path.write_text(text)
        monkeypatch.setattr(process, "SANDBOX_SCRIPT", path)

    return replace_script


@pytest.fixture
def sandbox_path():
    """The folders from which the process imports modules, as `sandbox/main.py` sets them."""
    packages = (str(Path(module.__file__).parents[1]) for module in (av, np))
    return [str(process.SANDBOX_SCRIPT.parent.parent), *packages]
