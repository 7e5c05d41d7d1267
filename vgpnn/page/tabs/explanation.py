"""The tab that explains the last run; explanation.js draws it below the result."""

from __future__ import annotations

from vgpnn.page.tabs.tab import Tab


class Explanation(Tab):
    """It belongs to no task: the task of the tab before stays chosen."""

    id = "how"
    title = "How it works"
    slogan = ("Nothing learned.", "All found.")
    description = (
        "Every result is made of patches of your clip, or of the style: small blocks of a few "
        "pixels and frames. Below is, step by step, how a result was made: your last one, or an "
        "example."
    )
    explains_runs = True
