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
        f"New versions of a short video, made of its own pieces: {COUNT} drafts, and the best "
        "of them finished. Mark what you want more or less of. Best on fire, water, smoke and "
        "flocks. It works badly where one object fills the frame."
    )
    tasks = ("generate",)
    several_takes = ("generate",)

    def options(self, values: Values) -> dict[str, Any]:
        return {"offered": COUNT, **super().options(values)}
