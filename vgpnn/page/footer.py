"""The footer of the page: what becomes of a visitor's files, and the version."""

from __future__ import annotations

import vgpnn
from vgpnn.limits import LIMITS


def footer() -> str:
    """What becomes of a visitor's files, and the version."""
    return (
        "<p class='privacy'>Your clips and results stay on the server that runs this page, at "
        "addresses that nobody can guess, and are deleted "
        f"{duration(LIMITS.keep_seconds)} after they were last used. There are no analytics, and "
        "the log holds neither file names nor addresses. Your browser keeps a token that finds "
        "your last run, and no history of runs."
        f"<span class='version'>VGPNN {vgpnn.__version__}</span></p>"
    )


def duration(seconds: float) -> str:
    """In hours or minutes where they are within a tenth of it, or else in seconds."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        count = round(seconds / size)
        if count >= 1 and abs(count * size - seconds) < 0.1 * seconds:
            return f"{'one' if count == 1 else count} {unit}{'s' * (count > 1)}"
    return f"{seconds:.0f} seconds"
