"""The tab of diverse generation: new versions of the same scene."""

from __future__ import annotations

from typing import Any

from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Values
from vgpnn.tasks.drafts import COUNT


class Generate(Tab):
    id = "generate"
    title = "Generate"
    verb = "Generate"
    description = (
        "Things are in other places; the look and the motion stay. "
        f"{COUNT} drafts come first, and the best are finished: choose others that you "
        "like. It works badly where one object fills the frame."
    )
    tasks = ("generate",)
    takes_samples = True

    def options(self, values: Values) -> dict[str, Any]:
        return {"offered": COUNT}
