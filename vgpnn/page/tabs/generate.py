"""The tab of diverse generation: new versions of the same scene."""

from __future__ import annotations

from typing import Any

from vgpnn.page.marked_tab import MarkedTab
from vgpnn.page.values import Values
from vgpnn.tasks.drafts import COUNT


class Generate(MarkedTab):
    id = "generate"
    title = "Generate"
    verb = "Generate"
    slogan = ("One clip in.", "Many takes out.")
    description = (
        f"{COUNT} drafts of new versions, made of the clip's own pieces; the best are finished. "
        "Mark what you want more or less of. Best on fire, water and flocks; it works badly where "
        "one object fills the frame."
    )
    tasks = ("generate",)
    several_takes = ("generate",)
    keeps = True

    def options(self, values: Values) -> dict[str, Any]:
        return {"offered": COUNT, **super().options(values)}
