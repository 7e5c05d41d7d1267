"""Other limits for one test."""

from __future__ import annotations

from pytest import MonkeyPatch

from vgpnn.limits import LIMITS


def change(monkeypatch: MonkeyPatch, **limits: float) -> None:
    """Change limits by name until the test is over."""
    for name, number in limits.items():
        getattr(LIMITS, name)  # there has to be one
        monkeypatch.setitem(LIMITS.__dict__, name, number)
