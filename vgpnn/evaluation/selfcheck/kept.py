"""The last report of a self-check, which is kept for the page of the same user."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

MOST_BYTES = 1_000_000  # [bytes] of a report that is read


def kept_at() -> Path:
    """Where the last report lies: in the user's folder for what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "vgpnn" / "selfcheck.json"


def keep(report: dict) -> None:
    """Put a report in the place of the last one; nothing is kept where nothing can be written."""
    path = kept_at()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        write(report, partial)
        partial.replace(path)  # at once: the page may be reading


def kept() -> dict | None:
    """The last report, or None where there is none that can be read."""
    path = kept_at()
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) and "lines" in report else None


def write(report: dict, path: str | Path) -> None:
    """Write a report as JSON."""
    Path(path).write_text(json.dumps(report, indent=1, default=str) + "\n", encoding="utf-8")
